//! Randomness, from the system. Everything else takes it as an argument.

/// `N` bytes that nobody can guess. Error: the system has none to give.
pub fn bytes<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bytes_come_twice() {
        assert_ne!(bytes::<32>().unwrap(), bytes::<32>().unwrap());
    }
}
