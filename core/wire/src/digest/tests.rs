use proptest::prelude::*;

use super::*;

/// Takes no more than a few bytes at a time.
struct Slow(Vec<u8>, usize);

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.1);
        self.0.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

proptest! {
    #[test]
    fn what_streams_by_has_the_digest_of_the_whole(
        bytes in prop::collection::vec(any::<u8>(), 0..500),
        at_a_time in 1usize..40,
    ) {
        let mut writer = DigestWriter::new(Slow(Vec::new(), at_a_time));
        writer.write_all(&bytes).unwrap();
        writer.flush().unwrap();
        prop_assert_eq!(writer.written(), bytes.len() as u64);
        let (slow, digest, written) = writer.finish();
        prop_assert_eq!(&slow.0, &bytes);
        prop_assert_eq!(digest, Digest::of(&bytes));
        prop_assert_eq!(written, bytes.len() as u64);
    }
}
