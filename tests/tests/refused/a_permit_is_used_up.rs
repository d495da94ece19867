use fenming_core::consent::Permit;

fn twice(permit: Permit) {
    let _ = permit.into_grant();
    let _ = permit.into_grant();
}

fn main() {}
