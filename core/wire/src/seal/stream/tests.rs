use proptest::prelude::*;

use super::*;

fn key_pair() -> (Identity, Recipient) {
    let identity = Identity::generate();
    let recipient = identity.recipient();
    (identity, recipient)
}

fn sealed(plain: &[u8], to: &[Recipient]) -> (Vec<u8>, SealedFile) {
    let mut out = Vec::new();
    let file = seal_stream(&mut &plain[..], &mut out, to).unwrap();
    (out, file)
}

fn opened(sealed: &[u8], with: &Identity) -> Result<(Vec<u8>, OpenedFile), StreamError> {
    let copy: Identity = with.expose_secret().parse().unwrap();
    let mut plain = Vec::new();
    let file = open_stream(&mut &sealed[..], &mut plain, &[copy])?;
    Ok((plain, file))
}

/// Bytes that cannot be compressed.
fn noise(length: usize) -> Vec<u8> {
    let blocks = (0u32..).flat_map(|n| *Digest::of(&n.to_be_bytes()).as_bytes());
    blocks.take(length).collect()
}

/// Fails once so many bytes went through it.
struct Broken(usize);

impl Read for Broken {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = buffer.len().min(self.0);
        self.0 -= read;
        if read == 0 { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(read) }
    }
}

impl Write for Broken {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        if taken == 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(taken) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn it_is_named_by_what_was_written() {
    let (_, to) = key_pair();
    let (bytes, file) = sealed(&[7; 100_000], &[to]);
    assert_eq!(file, SealedFile { ciphertext: Digest::of(&bytes), size: bytes.len() as u64 });
}

#[test]
fn every_recipient_opens_it_and_nobody_else_does() {
    let ((one, to_one), (two, to_two), (stranger, _)) = (key_pair(), key_pair(), key_pair());
    let (bytes, _) = sealed(b"contract", &[to_one, to_two]);
    for identity in [one, two] {
        let (plain, file) = opened(&bytes, &identity).unwrap();
        assert_eq!(plain, b"contract");
        assert_eq!(file, OpenedFile { size: 8, sha256: Digest::of(b"contract") });
    }
    let refused = opened(&bytes, &stranger);
    assert!(matches!(refused, Err(StreamError::Refused(WireError::Unopenable))));
}

#[test]
fn nothing_is_sealed_to_nobody() {
    let refused = seal_stream(&mut &b"contract"[..], &mut io::sink(), &[]);
    assert!(matches!(refused, Err(StreamError::Refused(WireError::BadKey(_)))));
}

#[test]
fn files_of_nearly_the_same_length_have_the_same_length_outside() {
    let (identity, to) = key_pair();
    let keys = [to];
    let noise = noise(70_000);
    let sizes = [69_000, 69_100].map(|length| {
        let (bytes, _) = sealed(&noise[..length], &keys);
        // Without age's header, to which it adds stanzas of random lengths.
        let decryptor = age::Decryptor::new(bytes.as_slice()).unwrap();
        let key = &identity.0 as &dyn age::Identity;
        io::copy(&mut decryptor.decrypt([key].into_iter()).unwrap(), &mut io::sink()).unwrap()
    });
    assert_eq!(sizes[0], sizes[1]);
}

#[test]
fn a_stream_that_breaks_says_on_which_side() {
    let (_, to) = key_pair();
    let keys = [to];
    let refused = seal_stream(&mut Broken(90_000), &mut io::sink(), &keys);
    assert!(matches!(refused, Err(StreamError::Read(_))));
    let noise = noise(640_000);
    let refused = seal_stream(&mut noise.as_slice(), &mut Broken(90_000), &keys);
    assert!(matches!(refused, Err(StreamError::Write(_))));
}

#[test]
fn what_is_longer_than_the_limit_is_not_sealed() {
    let (_, to) = key_pair();
    let mut long = io::repeat(0).take(MAX_ATTACHMENT_BYTES + 1);
    let refused = seal_stream(&mut long, &mut io::sink(), &[to]);
    assert!(matches!(refused, Err(StreamError::Refused(WireError::TooLarge { .. }))));
}

#[test]
fn a_file_of_the_longest_kind_fits_the_limit_of_sealed_ones() {
    let random = ring::rand::SystemRandom::new();
    let mut block = vec![0; 1 << 20];
    ring::rand::SecureRandom::fill(&random, &mut block).unwrap();
    // Blocks lie beyond zstd's window at this level, so that none of them repeats for it.
    let blocks = MAX_ATTACHMENT_BYTES / (1 << 20);
    let mut long: Box<dyn Read> = Box::new(io::empty());
    for n in 0..blocks {
        block[0] = u8::try_from(n).unwrap();
        long = Box::new(long.chain(io::Cursor::new(block.clone())));
    }
    let (identity, to) = key_pair();
    let mut out = Vec::new();
    let file = seal_stream(&mut long, &mut out, &[to]).unwrap();
    assert!(file.size <= MAX_SEALED_ATTACHMENT_BYTES, "{}", file.size);
    let opened = open_stream(&mut out.as_slice(), &mut io::sink(), &[identity]).unwrap();
    assert_eq!(opened.size, MAX_ATTACHMENT_BYTES);
}

#[test]
fn a_bomb_is_stopped_at_the_limit() {
    let (identity, to) = key_pair();
    let mut bomb = Vec::new();
    let mut packer = zstd::stream::write::Encoder::new(&mut bomb, 3).unwrap();
    io::copy(&mut io::repeat(0).take(MAX_ATTACHMENT_BYTES + 1), &mut packer).unwrap();
    packer.finish().unwrap();
    let bytes = super::super::encrypt(&bomb, &[to.key().unwrap()]).unwrap();
    let refused = open_stream(&mut bytes.as_slice(), &mut io::sink(), &[identity]);
    assert!(matches!(refused, Err(StreamError::Refused(WireError::Bomb { .. }))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn it_comes_back(plain in prop::collection::vec(any::<u8>(), 0..200_000)) {
        let (identity, to) = key_pair();
        let (bytes, _) = sealed(&plain, &[to]);
        let (again, file) = opened(&bytes, &identity).unwrap();
        prop_assert_eq!(&again, &plain);
        prop_assert_eq!(file.sha256, Digest::of(&plain));
    }

    #[test]
    fn no_edit_and_no_cut_opens(
        length in 1usize..100_000,
        at in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let (identity, to) = key_pair();
        let (mut bytes, _) = sealed(&vec![b'x'; length], &[to]);
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] ^= 0x20 }
        prop_assert!(opened(&bytes, &identity).is_err());
    }
}
