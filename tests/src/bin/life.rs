//! The subject of the power-loss tests: `life FOLDER SECRETS SEED` lives the life of a phone in an
//! empty folder. See [`fenming_tests::power`].

use std::error::Error;
use std::path::Path;

use fenming_tests::power::life::Life;
use fenming_tests::stage::Secrets;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, secrets, seed] = arguments.as_slice() else {
        return Err("life FOLDER SECRETS SEED".into());
    };
    let secrets: Secrets = serde_json::from_slice(&std::fs::read(secrets)?)?;
    Life::take_up(Path::new(folder), &secrets, seed.parse()?, &[])?.live()?;
    Ok(())
}
