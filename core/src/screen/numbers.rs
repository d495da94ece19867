//! Numbers that are sensitive by themselves and are told by their check digits.

use fenming_wire::screening::Pattern;

/// Fewest and most digits of what is looked at. A run may be written in groups, with one space or
/// hyphen between them.
const SHORTEST: usize = 15;
const LONGEST: usize = 19;

/// Whether a pattern stands in folded text.
pub(super) fn has(pattern: Pattern, folded: &str) -> bool {
    let is = match pattern {
        Pattern::ResidentId => is_resident_id,
        Pattern::BankCard => is_bank_card,
    };
    runs(folded).any(|run| is(&run))
}

/// Whether the 18 characters are a resident identity number (GB 11643-1999): an area, a date of
/// birth that the calendar has, an order number and the right check character (`X` or `x` is ten).
#[must_use]
pub fn is_resident_id(text: &str) -> bool {
    let Ok(characters) = <[u8; 18]>::try_from(text.as_bytes()) else {
        return false;
    };
    let [digits @ .., check] = characters;
    let Some(digits) = digits.map(digit).into_iter().collect::<Option<Vec<u32>>>() else {
        return false;
    };
    // The weights are powers of two modulo 11, from the last digit on.
    let sum = digits.iter().fold(0, |sum, digit| (sum + digit) * 2 % 11);
    let check = if check.eq_ignore_ascii_case(&b'x') { Some(10) } else { digit(check) };
    let number = |from: usize, count: usize| {
        digits.iter().skip(from).take(count).fold(0, |number, digit| number * 10 + digit)
    };
    let area = (11..=82).contains(&number(0, 2));
    area && is_date(number(6, 4), number(10, 2), number(12, 2)) && check == Some((12 - sum) % 11)
}

/// Whether the digits are a bank card number (ISO/IEC 7812): 15 to 19 digits, issued by a network
/// that is used in China, with the right Luhn digit.
#[must_use]
pub fn is_bank_card(text: &str) -> bool {
    if !(SHORTEST..=LONGEST).contains(&text.len()) {
        return false;
    }
    let Some(digits) = text.bytes().map(digit).collect::<Option<Vec<u32>>>() else {
        return false;
    };
    let length = digits.len();
    let head = digits.iter().take(4).fold(0, |number, digit| number * 10 + digit);
    let issued = match head {
        // UnionPay; China's own cards have 16 to 19 digits.
        6200..=6299 => length >= 16,
        4000..=4999 | 5100..=5599 | 2221..=2720 | 3528..=3589 => length == 16,
        3400..=3499 | 3700..=3799 => length == 15,
        _ => false,
    };
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(n, digit)| if n % 2 == 1 { doubled(*digit) } else { *digit })
        .sum();
    issued && sum.is_multiple_of(10)
}

const fn digit(byte: u8) -> Option<u32> {
    if byte.is_ascii_digit() { Some((byte - b'0') as u32) } else { None }
}

fn is_date(year: u32, month: u32, day: u32) -> bool {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1850..=2150).contains(&year) && (1..=days).contains(&day)
}

/// Runs of digits, groups joined, of a length that a number may have. An `x` behind a run belongs
/// to it. A run that goes on as a word is no number.
fn runs(folded: &str) -> impl Iterator<Item = String> {
    let mut rest = folded.as_bytes();
    std::iter::from_fn(move || {
        loop {
            let start = rest.iter().position(u8::is_ascii_digit)?;
            let mut run = String::new();
            let mut taken = start;
            let mut bytes = rest.iter().enumerate().skip(start).peekable();
            while let Some((at, byte)) = bytes.next() {
                let more = bytes.peek().is_some_and(|(_, next)| next.is_ascii_digit());
                match byte {
                    b'0'..=b'9' => run.push(char::from(*byte)),
                    b' ' | b'-' if more => {}
                    b'x' if run.len() == 17 => run.push('x'),
                    _ => break,
                }
                taken = at.saturating_add(1);
            }
            rest = rest.get(taken..).unwrap_or_default();
            if (SHORTEST..=LONGEST).contains(&run.len()) {
                return Some(run);
            }
        }
    })
}

#[cfg(test)]
mod tests;
