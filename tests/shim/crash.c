/* Ends or starves a program at its N-th durable step; loaded with LD_PRELOAD. It also ends the
 * program when the thread that started it ends, so that no test leaves one behind.
 *
 * A durable step is a call that changes what a crash leaves behind: a write to a file, a sync of a
 * file or folder, a truncation, a rename, a link, an unlink, a new folder. Sockets, pipes and
 * terminals do not count. Calls that a program makes without libc (rustix, below tempfile) are not seen.
 *
 *   FENMING_FAULT_DIR    only steps on paths below this folder count
 *   FENMING_FAULT_AT     the step, from 1; absent or 0: none
 *   FENMING_FAULT        what happens there:
 *       kill             SIGKILL before the call
 *       torn             half of a write is done, then SIGKILL; other calls as with kill
 *       enospc           from there on, writes fail with ENOSPC (disk full)
 *       eio              from there on, every step fails with EIO (dying disk)
 *       stop             SIGSTOP before the call; whoever looks at it lets it go on
 *       erofs            from there on, every step and every open for writing fails with EROFS
 *   FENMING_FAULT_COUNT  a file that gets the number of steps when the program ends by itself
 *   FENMING_CLOCK        seconds by which the program's wall clock is wrong
 *
 * Any process of the same user may attach to the program, as far as that one allows it itself.
 */
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>

enum fault { NONE, KILL, TORN, STOP, NO_SPACE, BROKEN, READ_ONLY };
enum step { WRITE, OTHER };

static enum fault fault;
static unsigned long at;
static long clock_is_wrong_by;
static unsigned long steps;
static char below[PATH_MAX];
static char count_file[PATH_MAX];

static void copy(char *to, const char *name) {
    const char *value = getenv(name);
    if (value)
        snprintf(to, PATH_MAX, "%s", value);
}

__attribute__((constructor)) static void begin(void) {
    const char *kind = getenv("FENMING_FAULT");
    const char *place = getenv("FENMING_FAULT_AT");
    const char *wrong = getenv("FENMING_CLOCK");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
    clock_is_wrong_by = wrong ? strtol(wrong, NULL, 10) : 0;
    copy(below, "FENMING_FAULT_DIR");
    copy(count_file, "FENMING_FAULT_COUNT");
    at = place ? strtoul(place, NULL, 10) : 0;
    if (!kind || at == 0)
        fault = NONE;
    else if (strcmp(kind, "kill") == 0)
        fault = KILL;
    else if (strcmp(kind, "torn") == 0)
        fault = TORN;
    else if (strcmp(kind, "stop") == 0)
        fault = STOP;
    else if (strcmp(kind, "enospc") == 0)
        fault = NO_SPACE;
    else if (strcmp(kind, "eio") == 0)
        fault = BROKEN;
    else if (strcmp(kind, "erofs") == 0)
        fault = READ_ONLY;
    else
        abort();
}

__attribute__((destructor)) static void end(void) {
    char text[32];
    if (!count_file[0])
        return;
    int length = snprintf(text, sizeof text, "%lu\n", __atomic_load_n(&steps, __ATOMIC_SEQ_CST));
    long file = syscall(SYS_openat, AT_FDCWD, count_file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file >= 0) {
        syscall(SYS_write, file, text, length);
        syscall(SYS_close, file);
    }
}

static int is_below(const char *path) {
    size_t length = strlen(below);
    return length == 0 ||
           (strncmp(path, below, length) == 0 && (path[length] == '/' || path[length] == 0));
}

static int file_counts(int fd) {
    struct stat about;
    char path[PATH_MAX];
    if (fstat(fd, &about) != 0 || !(S_ISREG(about.st_mode) || S_ISDIR(about.st_mode)))
        return 0;
    return link_target(fd, path) && is_below(path);
}

static int path_counts(int folder, const char *path) {
    char base[PATH_MAX], whole[2 * PATH_MAX];
    if (path[0] == '/')
        return is_below(path);
    if (folder == AT_FDCWD ? !getcwd(base, sizeof base) : !link_target(folder, base))
        return 0;
    snprintf(whole, sizeof whole, "%s/%s", base, path);
    return is_below(whole);
}

static void die(void) {
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;)
        pause();
}

/* Counts one step. Returns an errno with which it fails, 0 where it goes on, -1 where it is torn. */
static int reached(enum step step) {
    unsigned long now = __atomic_add_fetch(&steps, 1, __ATOMIC_SEQ_CST);
    if (fault == NONE || now < at)
        return 0;
    switch (fault) {
    case KILL:
        die();
        return 0;
    case TORN:
        if (step == WRITE)
            return -1;
        die();
        return 0;
    case STOP:
        if (now == at)
            raise(SIGSTOP);
        return 0;
    case NO_SPACE:
        return step == WRITE ? ENOSPC : 0;
    case BROKEN:
        return EIO;
    case READ_ONLY:
        return EROFS;
    default:
        return 0;
    }
}

static int refused(int error) {
    errno = error;
    return -1;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    int error = file_counts(fd) ? reached(WRITE) : 0;
    if (error > 0)
        return refused(error);
    ssize_t written = syscall(SYS_write, fd, bytes, error < 0 ? length / 2 : length);
    if (error < 0)
        die();
    return written;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
    int error = file_counts(fd) ? reached(WRITE) : 0;
    if (error > 0)
        return refused(error);
    ssize_t written = syscall(SYS_pwrite64, fd, bytes, error < 0 ? length / 2 : length, offset);
    if (error < 0)
        die();
    return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    return pwrite64(fd, bytes, length, offset);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    int error = file_counts(fd) ? reached(WRITE) : 0;
    if (error > 0)
        return refused(error);
    ssize_t written = syscall(SYS_writev, fd, parts, error < 0 ? count / 2 : count);
    if (error < 0)
        die();
    return written;
}

ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t length,
                        unsigned flags) {
    int error = file_counts(out) ? reached(WRITE) : 0;
    if (error > 0)
        return refused(error);
    ssize_t copied = syscall(SYS_copy_file_range, in, from, out, to,
                             error < 0 ? length / 2 : length, flags);
    if (error < 0)
        die();
    return copied;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = (int)syscall(SYS_clock_gettime, clock, time);
    if (result == 0 && clock == CLOCK_REALTIME)
        time->tv_sec += clock_is_wrong_by;
    return result;
}

/* The calls that are no writes: never torn, so `reached` returns no -1 for them. */
#define OTHER_STEP(counts, call)                                                                   \
    do {                                                                                           \
        int error = (counts) ? reached(OTHER) : 0;                                                 \
        return error ? refused(error) : (int)(call);                                               \
    } while (0)

int fsync(int fd) { OTHER_STEP(file_counts(fd), syscall(SYS_fsync, fd)); }

int fdatasync(int fd) { OTHER_STEP(file_counts(fd), syscall(SYS_fdatasync, fd)); }

int ftruncate64(int fd, off64_t length) {
    OTHER_STEP(file_counts(fd), syscall(SYS_ftruncate, fd, length));
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

int renameat2(int from, const char *old, int to, const char *new, unsigned flags) {
    OTHER_STEP(path_counts(from, old) || path_counts(to, new),
               syscall(SYS_renameat2, from, old, to, new, flags));
}

int renameat(int from, const char *old, int to, const char *new) {
    return renameat2(from, old, to, new, 0);
}

int rename(const char *old, const char *new) {
    return renameat2(AT_FDCWD, old, AT_FDCWD, new, 0);
}

int linkat(int from, const char *old, int to, const char *new, int flags) {
    OTHER_STEP(path_counts(to, new), syscall(SYS_linkat, from, old, to, new, flags));
}

int link(const char *old, const char *new) { return linkat(AT_FDCWD, old, AT_FDCWD, new, 0); }

int unlinkat(int folder, const char *path, int flags) {
    OTHER_STEP(path_counts(folder, path), syscall(SYS_unlinkat, folder, path, flags));
}

int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }

int mkdirat(int folder, const char *path, mode_t mode) {
    OTHER_STEP(path_counts(folder, path), syscall(SYS_mkdirat, folder, path, mode));
}

int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

/* Opening is no step, but a read-only disk refuses it to writers. */
static int opened(int folder, const char *path, int flags, mode_t mode) {
    int writes = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC));
    if (fault == READ_ONLY && writes && __atomic_load_n(&steps, __ATOMIC_SEQ_CST) + 1 >= at &&
        path_counts(folder, path))
        return refused(EROFS);
    return (int)syscall(SYS_openat, folder, path, flags, mode);
}
