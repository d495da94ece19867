/* Writes down everything that a program asks of a disk; loaded with LD_PRELOAD.
 *
 * Each change of a file or folder, and each sync, is one entry with its bytes, in the order in
 * which the kernel saw them: one lock spans the call and its entry. What is written into a mapping
 * is not seen; SQLite maps only its -shm file, which no power loss leaves behind anyway.
 *
 *   FENMING_TRACE_DIR   only what lies below this folder is written down
 *   FENMING_TRACE_FILE  the file that gets the entries; it must lie elsewhere
 *
 * An entry, in the machine's byte order: kind (4 bytes), length of the first and the second string
 * (4 bytes each), reserved (4), inode (8), number (8), then both strings. Paths are relative.
 */
#include <pthread.h>
#include <stdint.h>

enum kind { CREATE = 1, WRITE, TRUNCATE, SYNC_FILE, SYNC_FOLDER, RENAME, LINK, UNLINK, MKDIR, RMDIR };

struct entry {
    uint32_t kind, first, second, reserved;
    uint64_t inode, number;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char below[PATH_MAX];
static size_t below_length;
static int trace = -1;

__attribute__((constructor)) static void begin(void) {
    const char *folder = getenv("FENMING_TRACE_DIR"), *file = getenv("FENMING_TRACE_FILE");
    if (!folder || !file)
        return;
    snprintf(below, sizeof below, "%s", folder);
    below_length = strlen(below);
    trace = (int)syscall(SYS_openat, AT_FDCWD, file,
                         O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (trace < 0)
        abort();
}

/* An entry that cannot be written would make every later one a lie. */
static void put(enum kind kind, uint64_t inode, uint64_t number, const void *first,
                size_t first_length, const void *second, size_t second_length) {
    struct entry entry = {kind, (uint32_t)first_length, (uint32_t)second_length, 0, inode, number};
    struct iovec parts[3] = {{&entry, sizeof entry},
                             {(void *)first, first_length},
                             {(void *)second, second_length}};
    ssize_t whole = (ssize_t)(sizeof entry + first_length + second_length);
    if (syscall(SYS_writev, trace, parts, 3) != whole)
        abort();
}

static void put_path(enum kind kind, uint64_t inode, const char *path) {
    put(kind, inode, 0, path, strlen(path), "", 0);
}

/* The path within the folder, or none. */
static const char *within(const char *path) {
    if (trace < 0 || strncmp(path, below, below_length) != 0 || path[below_length] != '/')
        return NULL;
    return path + below_length + 1;
}

/* The path within the folder that a name leads to; `whole` holds it. */
static const char *named(int folder, const char *path, char *whole) {
    char base[PATH_MAX];
    if (trace < 0)
        return NULL;
    if (path[0] == '/')
        return within(path);
    if (folder == AT_FDCWD ? !getcwd(base, sizeof base) : !link_target(folder, base))
        return NULL;
    snprintf(whole, 2 * PATH_MAX, "%s/%s", base, path);
    return within(whole);
}

/* Whether an open file or folder lies below the folder. */
static const char *open_file(int fd, struct stat *about, char *path) {
    if (trace < 0 || fstat(fd, about) != 0)
        return NULL;
    if (!S_ISREG(about->st_mode) && !S_ISDIR(about->st_mode))
        return NULL;
    return link_target(fd, path) ? within(path) : NULL;
}

static off_t place(int fd, const struct stat *about) {
    int flags = (int)syscall(SYS_fcntl, fd, F_GETFL);
    return flags & O_APPEND ? about->st_size : (off_t)syscall(SYS_lseek, fd, 0, SEEK_CUR);
}

static ssize_t write_at(int fd, const void *bytes, size_t length, off64_t offset, int here) {
    struct stat about;
    char path[PATH_MAX];
    pthread_mutex_lock(&lock);
    int seen = open_file(fd, &about, path) != NULL;
    off64_t at = seen && here ? place(fd, &about) : offset;
    ssize_t written = here ? syscall(SYS_write, fd, bytes, length)
                           : syscall(SYS_pwrite64, fd, bytes, length, offset);
    int error = errno;
    if (seen && written > 0)
        put(WRITE, about.st_ino, (uint64_t)at, bytes, (size_t)written, "", 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return written;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    return write_at(fd, bytes, length, 0, 1);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
    return write_at(fd, bytes, length, offset, 0);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    return write_at(fd, bytes, length, offset, 0);
}

/* A short write is allowed; only the first part goes out, where there is one to look at. */
ssize_t writev(int fd, const struct iovec *parts, int count) {
    for (int n = 0; n < count; n++)
        if (parts[n].iov_len > 0)
            return write_at(fd, parts[n].iov_base, parts[n].iov_len, 0, 1);
    return syscall(SYS_writev, fd, parts, count);
}

/* Copies within the kernel would not be seen: who asks for one falls back to reads and writes. */
ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t length,
                        unsigned flags) {
    (void)in, (void)from, (void)out, (void)to, (void)length, (void)flags;
    errno = ENOSYS;
    return -1;
}

ssize_t sendfile64(int out, int in, off64_t *offset, size_t count) {
    (void)out, (void)in, (void)offset, (void)count;
    errno = ENOSYS;
    return -1;
}

/* Runs a call and, where it succeeds below the folder, writes an entry of it. */
#define TRACED(look, call, entry)                                                                  \
    do {                                                                                           \
        pthread_mutex_lock(&lock);                                                                 \
        look;                                                                                      \
        int done = (int)(call);                                                                    \
        int error = errno;                                                                         \
        if (done >= 0)                                                                             \
            entry;                                                                                 \
        pthread_mutex_unlock(&lock);                                                               \
        errno = error;                                                                             \
        return done;                                                                               \
    } while (0)

static void put_sync(const char *path, const struct stat *about) {
    if (path)
        put_path(S_ISDIR(about->st_mode) ? SYNC_FOLDER : SYNC_FILE, about->st_ino, path);
}

int fsync(int fd) {
    struct stat about;
    char path[PATH_MAX];
    TRACED(const char *seen = open_file(fd, &about, path), syscall(SYS_fsync, fd),
           put_sync(seen, &about));
}

int fdatasync(int fd) {
    struct stat about;
    char path[PATH_MAX];
    TRACED(const char *seen = open_file(fd, &about, path), syscall(SYS_fdatasync, fd),
           put_sync(seen, &about));
}

static void put_length(const char *path, const struct stat *about, off64_t length) {
    if (path)
        put(TRUNCATE, about->st_ino, (uint64_t)length, "", 0, "", 0);
}

int ftruncate64(int fd, off64_t length) {
    struct stat about;
    char path[PATH_MAX];
    TRACED(const char *seen = open_file(fd, &about, path), syscall(SYS_ftruncate, fd, length),
           put_length(seen, &about, length));
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

/* Both names must lie below the folder, or neither. */
static void put_names(enum kind kind, const char *old, const char *new) {
    if (!old != !new)
        abort();
    if (old)
        put(kind, 0, 0, old, strlen(old), new, strlen(new));
}

int renameat2(int from, const char *old, int to, const char *new, unsigned flags) {
    char whole[2 * PATH_MAX], other[2 * PATH_MAX];
    TRACED(const char *here = named(from, old, whole); const char *there = named(to, new, other),
           syscall(SYS_renameat2, from, old, to, new, flags), put_names(RENAME, here, there));
}

int renameat(int from, const char *old, int to, const char *new) {
    return renameat2(from, old, to, new, 0);
}

int rename(const char *old, const char *new) {
    return renameat2(AT_FDCWD, old, AT_FDCWD, new, 0);
}

int linkat(int from, const char *old, int to, const char *new, int flags) {
    char whole[2 * PATH_MAX], other[2 * PATH_MAX];
    TRACED(const char *here = named(from, old, whole); const char *there = named(to, new, other),
           syscall(SYS_linkat, from, old, to, new, flags), put_names(LINK, here, there));
}

int link(const char *old, const char *new) { return linkat(AT_FDCWD, old, AT_FDCWD, new, 0); }

static void put_seen(enum kind kind, const char *path) {
    if (path)
        put_path(kind, 0, path);
}

int unlinkat(int folder, const char *path, int flags) {
    char whole[2 * PATH_MAX];
    TRACED(const char *seen = named(folder, path, whole), syscall(SYS_unlinkat, folder, path, flags),
           put_seen(flags & AT_REMOVEDIR ? RMDIR : UNLINK, seen));
}

int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }

int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int mkdirat(int folder, const char *path, mode_t mode) {
    char whole[2 * PATH_MAX];
    TRACED(const char *seen = named(folder, path, whole), syscall(SYS_mkdirat, folder, path, mode),
           put_seen(MKDIR, seen));
}

int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

static int exists(int folder, const char *path) {
    struct stat about;
    return syscall(SYS_newfstatat, folder, path, &about, AT_SYMLINK_NOFOLLOW) == 0;
}

static void put_opened(const char *path, int fd, int was_there, int flags) {
    struct stat about;
    if (!path || fstat(fd, &about) != 0)
        return;
    if (!was_there)
        put_path(CREATE, about.st_ino, path);
    else if (flags & O_TRUNC)
        put(TRUNCATE, about.st_ino, 0, "", 0, "", 0);
}

static int opened(int folder, const char *path, int flags, mode_t mode) {
    char whole[2 * PATH_MAX];
    if (!(flags & (O_CREAT | O_TRUNC)))
        return (int)syscall(SYS_openat, folder, path, flags, mode);
    TRACED(const char *seen = named(folder, path, whole);
           int was_there = seen != NULL && exists(folder, path),
           syscall(SYS_openat, folder, path, flags, mode),
           put_opened(seen, done, was_there, flags));
}
