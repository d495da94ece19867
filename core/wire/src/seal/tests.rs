use proptest::prelude::*;

use super::*;

fn key_pair() -> (Identity, Recipient) {
    let identity = Identity::generate();
    let recipient = identity.recipient();
    (identity, recipient)
}

/// Seals bytes as they are, without compressing or padding them.
fn sealed_raw(packed: &[u8], recipient: &Recipient) -> Vec<u8> {
    encrypt(packed, &[recipient.key().unwrap()]).unwrap()
}

/// Opens the outer layer only.
fn packed(sealed: &[u8], identity: &Identity) -> Vec<u8> {
    let decryptor = age::Decryptor::new(sealed).unwrap();
    let mut reader = decryptor.decrypt([&identity.0 as &dyn age::Identity].into_iter()).unwrap();
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn every_recipient_opens_it_and_nobody_else_does() {
    let ((one, to_one), (two, to_two), (stranger, _)) = (key_pair(), key_pair(), key_pair());
    let sealed = seal(b"line\n", &[to_one, to_two]).unwrap();
    assert_eq!(open(&sealed, &[one]).unwrap().as_slice(), b"line\n");
    assert_eq!(open(&sealed, &[two]).unwrap().as_slice(), b"line\n");
    assert!(matches!(open(&sealed, &[stranger]), Err(WireError::Unopenable)));
    assert!(matches!(open(&sealed, &[]), Err(WireError::Unopenable)));
}

#[test]
fn nothing_is_sealed_to_nobody() {
    assert!(matches!(seal(b"line\n", &[]), Err(WireError::BadKey(_))));
}

#[test]
fn the_same_bytes_never_seal_to_the_same_bytes() {
    let (_, recipient) = key_pair();
    let twice =
        [&recipient, &recipient].map(|to| seal(b"line\n", std::slice::from_ref(to)).unwrap());
    assert_ne!(twice[0], twice[1]);
}

#[test]
fn a_key_comes_back_through_its_text() {
    let (identity, recipient) = key_pair();
    let again: Identity = identity.expose_secret().parse().unwrap();
    assert_eq!(again.recipient(), recipient);
    assert_eq!(recipient.to_string().parse::<Recipient>().unwrap(), recipient);
    assert!(identity.expose_secret().starts_with("AGE-SECRET-KEY-1"));
}

#[test]
fn a_recipient_that_is_none_is_refused_without_repeating_it() {
    for text in ["", "age1", "age1canary", "ssh-ed25519 AAAAcanary", "AGE-SECRET-KEY-1CANARY"] {
        let refusal = text.parse::<Recipient>().unwrap_err().to_string();
        assert_eq!(refusal, "not a valid key of the kind `age X25519`");
    }
}

#[test]
fn one_key_has_one_spelling() {
    let (_, recipient) = key_pair();
    if let Ok(shouted) = recipient.to_string().to_uppercase().parse::<Recipient>() {
        assert_eq!(shouted, recipient, "or counsel's key could hide among the recipients");
    }
}

#[test]
fn the_stock_programs_decoder_passes_over_the_padding() {
    let (identity, recipient) = key_pair();
    let plain = "一行\n".repeat(100);
    let sealed = seal(plain.as_bytes(), &[recipient]).unwrap();
    let packed = packed(&sealed, &identity);
    assert_eq!(zstd::stream::decode_all(packed.as_slice()).unwrap(), plain.as_bytes());
    let frame = zstd::zstd_safe::find_frame_compressed_size(&packed).unwrap();
    assert_eq!(packed[frame..frame + 4], SKIPPABLE_MAGIC.to_le_bytes());
    let filling = u32::from_le_bytes(packed[frame + 4..frame + 8].try_into().unwrap());
    assert_eq!(packed.len() - frame - 8, filling as usize);
    assert!(packed[frame + 8..].iter().all(|byte| *byte == 0));
}

#[test]
fn an_empty_text_can_be_sealed() {
    let (identity, recipient) = key_pair();
    let sealed = seal(b"", &[recipient]).unwrap();
    assert!(open(&sealed, &[identity]).unwrap().is_empty());
}

#[test]
fn a_bomb_is_stopped_at_the_limit() {
    let (identity, recipient) = key_pair();
    let zeros = vec![0u8; MAX_OPENED_BYTES + 1];
    let bomb = sealed_raw(&zstd::bulk::compress(&zeros, 19).unwrap(), &recipient);
    assert!(bomb.len() < 20_000, "small outside");
    let refusal = open(&bomb, &[identity]).unwrap_err();
    assert!(matches!(refusal, WireError::Bomb { limit: MAX_OPENED_BYTES }));
}

#[test]
fn a_bomb_of_many_frames_is_stopped_too() {
    let (identity, recipient) = key_pair();
    let frame = zstd::bulk::compress(&vec![0u8; MAX_OPENED_BYTES / 2], 3).unwrap();
    let bomb = sealed_raw(&frame.repeat(3), &recipient);
    assert!(matches!(open(&bomb, &[identity]), Err(WireError::Bomb { .. })));
}

#[test]
fn what_is_larger_than_a_batch_is_neither_sealed_nor_opened() {
    let (identity, recipient) = key_pair();
    let long = vec![0u8; MAX_OPENED_BYTES + 1];
    assert!(matches!(
        seal(&long, std::slice::from_ref(&recipient)),
        Err(WireError::TooLarge { .. })
    ));
    let mut random = vec![0u8; MAX_BATCH_BYTES];
    ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut random).unwrap();
    assert!(matches!(seal(&random, &[recipient]), Err(WireError::TooLarge { .. })));
    let sealed = vec![0u8; MAX_BATCH_BYTES + 1];
    assert!(matches!(open(&sealed, &[identity]), Err(WireError::TooLarge { .. })));
}

#[test]
fn what_is_not_compressed_does_not_open() {
    let (identity, recipient) = key_pair();
    let sealed = sealed_raw(b"{\"seq\":1}\n", &recipient);
    assert!(matches!(open(&sealed, &[identity]), Err(WireError::Unopenable)));
}

#[test]
fn a_cut_batch_does_not_open() {
    let (identity, recipient) = key_pair();
    let sealed = seal(&b"line\n".repeat(50_000), &[recipient]).unwrap();
    let identities = [identity];
    for keep in [0, 1, 100, sealed.len() / 2, sealed.len() - 1] {
        assert!(open(&sealed[..keep], &identities).is_err(), "cut to {keep} bytes");
    }
}

#[test]
fn known_lengths_fall_into_the_buckets_of_the_padme_paper() {
    for (length, bucket) in
        [(0, 0), (1, 1), (2, 2), (8, 8), (9, 10), (11, 12), (100, 104), (1000, 1024), (9000, 9216)]
    {
        assert_eq!(size_bucket(length), bucket);
    }
    assert_eq!(size_bucket(u64::MAX), size_bucket(u64::MAX), "and nothing overflows");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn sealing_and_opening_gives_the_bytes_back(plain in prop::collection::vec(any::<u8>(), 0..5000)) {
        let (identity, recipient) = key_pair();
        let sealed = seal(&plain, &[recipient]).unwrap();
        let opened = open(&sealed, &[identity]).unwrap();
        prop_assert_eq!(opened.as_slice(), plain.as_slice());
    }

    #[test]
    fn what_is_sealed_has_the_length_of_a_bucket(plain in prop::collection::vec(any::<u8>(), 0..5000)) {
        let (identity, recipient) = key_pair();
        let sealed = seal(&plain, &[recipient]).unwrap();
        let length = packed(&sealed, &identity).len() as u64;
        prop_assert_eq!(size_bucket(length), length);
    }

    #[test]
    fn any_changed_byte_is_noticed(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let (identity, recipient) = key_pair();
        let mut sealed = seal(b"line\n", &[recipient]).unwrap();
        let at = at.index(sealed.len());
        sealed[at] ^= 1 << bit;
        prop_assert!(open(&sealed, &[identity]).is_err());
    }

    #[test]
    fn opening_is_total(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let (identity, _) = key_pair();
        prop_assert!(open(&bytes, &[identity]).is_err());
    }
}

proptest! {
    #[test]
    fn a_bucket_is_never_smaller_and_at_most_twelve_per_cent_larger(length in 0u64..1 << 50) {
        let bucket = size_bucket(length);
        prop_assert!(bucket >= length);
        prop_assert!((bucket - length) * 100 <= length * 12);
        prop_assert_eq!(size_bucket(bucket), bucket, "a bucket is its own bucket");
    }

    #[test]
    fn longer_texts_never_fall_into_smaller_buckets(a in 0u64..1 << 50, b in 0u64..1 << 50) {
        let (less, more) = if a < b { (a, b) } else { (b, a) };
        prop_assert!(size_bucket(less) <= size_bucket(more));
    }
}
