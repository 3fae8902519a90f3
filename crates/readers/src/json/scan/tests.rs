use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// Reads one value to a tree, numbers as their digits.
fn read(text: &str) -> Result<Vec<Value>, Wrong> {
    let mut scanner = Scanner::new(text, 128);
    let mut open: Vec<(Option<String>, Value)> = Vec::new();
    let (mut name, mut out) = (None, Vec::new());
    loop {
        let (name, value) = match scanner.step()? {
            Token::End => return Ok(out),
            Token::Name(text) => {
                name = Some(text.text().into_owned());
                continue;
            }
            Token::Open(kind) => {
                let empty =
                    if kind == Kind::Object { Value::Object(serde_json::Map::default()) } else { Value::Array(vec![]) };
                open.push((name.take(), empty));
                continue;
            }
            Token::Close(_) => open.pop().expect("opened"),
            Token::Value(scalar) => (
                name.take(),
                match scalar {
                    Scalar::Null => Value::Null,
                    Scalar::Flag(flag) => Value::Bool(flag),
                    // `serde_json` has no more digits than a float; the digits are tested below.
                    Scalar::Number(digits) => serde_json::from_str(digits).unwrap_or(Value::Null),
                    Scalar::Text(text) => Value::String(text.text().into_owned()),
                },
            ),
        };
        match open.last_mut() {
            None => out.push(value),
            Some((_, Value::Array(list))) => list.push(value),
            Some((_, Value::Object(object))) => _ = object.insert(name.expect("named"), value),
            Some(_) => unreachable!(),
        }
    }
}

#[test]
fn what_is_wrong_is_named_with_line_and_byte() {
    for (text, expected) in [
        ("{\"a\":\n 1,}", "line 2, byte 9: expected a name in quotes, found \"}\""),
        ("[1,\n\n2 3]", "line 3, byte 7: expected a comma or the end of the list, found \"3\""),
        ("{\"a\" 1}", "line 1, byte 5: expected `:` behind the name, found \"1\""),
        ("[NaN]", "line 1, byte 1: expected a value, found \"NaN\""),
        ("[-Infinity]", "line 1, byte 2: expected a digit, found \"Infinity\""),
        ("[01]", "line 1, byte 2: expected a comma or the end of the list, found \"1\""),
        ("{\"a\":[1", "line 1, byte 7: the JSON ends too early"),
        ("\n{\"a\":\"x\u{1}\"}", "line 2, byte 8: a control character in a string, which must be escaped"),
        ("[\"\\q\"]", "line 1, byte 2: an escape that JSON does not have"),
        ("[\"ab\\ud83d\"]", "line 1, byte 4: half a surrogate pair, which is no character"),
        ("[\"\\udc00\\ud83d\"]", "line 1, byte 2: half a surrogate pair, which is no character"),
        ("{\"a\":1} {\"a\":2}", "line 1, byte 8: something follows the value on its line"),
        ("[1]]", "line 1, byte 3: something follows the value on its line"),
    ] {
        let fault = read(text).expect_err(text).fault(text, 0);
        assert_eq!(fault.message(), expected, "{text}");
    }
}

#[test]
fn depth_is_bounded_whatever_the_document_claims() {
    let deep = "[".repeat(1_000_000);
    assert_eq!(read(&deep), Err(Wrong { what: What::Deep(128), at: 128 }));
    let allowed = "[".repeat(128) + &"]".repeat(128);
    assert!(read(&allowed).is_ok());
}

#[test]
fn numbers_keep_their_digits_and_strings_lose_their_escapes() {
    let digits = "-0.10e+400";
    let text = format!("[{digits}, \"a\\/\\u00e9\\ud83d\\ude00\\n\", 123456789012345678901234567890]");
    let mut scanner = Scanner::new(&text, 8);
    assert_eq!(scanner.step(), Ok(Token::Open(Kind::Array)));
    assert_eq!(scanner.step(), Ok(Token::Value(Scalar::Number(digits))));
    let Ok(Token::Value(Scalar::Text(string))) = scanner.step() else { panic!("a string") };
    assert_eq!(string.text(), "a/é😀\n");
    assert_eq!(scanner.step(), Ok(Token::Value(Scalar::Number("123456789012345678901234567890"))));
    assert_eq!(scanner.token_start(), 40);
}

#[test]
fn a_cut_document_is_told_from_a_wrong_one() {
    let text = "{\"a\": [tru, \"\\ud83d\\ude00\", -1.5e3, null], \"b\": {}}".replace("tru,", "true,");
    for cut in 1..text.len() {
        let text = text.get(..cut).expect("ASCII");
        match read(text) {
            Err(Wrong { what: What::Cut, .. }) => {}
            other => panic!("{text:?}: {other:?}"),
        }
    }
}

proptest! {
    #[test]
    fn the_same_documents_are_read_as_by_serde_json(
        text in "([\\[\\]{},:\"0-9.eE+ \n-]|true|null|\"a\"|\"b\":|\\\\u00e9|\\\\ud83d|\\\\ude00|\\\\n|é){0,24}"
    ) {
        let own = read(&text);
        match serde_json::from_str::<Value>(&text) {
            Ok(value) => prop_assert_eq!(own, Ok(vec![value])),
            Err(error) => {
                // Several lines of values are one document here; numbers beyond a float are read.
                let lines = matches!(&own, Ok(values) if values.len() > 1);
                prop_assert!(own.is_err() || lines || error.to_string().contains("out of range"), "{own:?} {error}");
            }
        }
    }

    #[test]
    fn any_text_is_walked_to_its_end(text in "\\PC{0,40}") {
        let mut scanner = Scanner::new(&text, 16);
        for _ in 0..=2 * text.len() + 2 {
            if !matches!(scanner.step(), Ok(token) if token != Token::End) {
                return Ok(());
            }
        }
        prop_assert!(false, "the scanner does not end");
    }
}
