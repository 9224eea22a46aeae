//! What masking replaces and what it leaves. The letters in their place are those of FNV-1a and
//! xorshift64*, computed apart from the client.

use research_socket::trace::mask;

const SALT: u64 = 0x5eed;
const HEADER: &str = r#"{"trace":1,"namespace":"/known-space"}"#;
const FOLLOWED: &str = r#"[0,"subscribe","followed-7"]"#;

/// An answer with this body, which is in JSON already, after being masked in a whole trace.
fn masked(body: &str) -> String {
    let (before, after) = (r#"[5,"answer",1,200,null,""#, r#""]"#);
    let trace = [HEADER, FOLLOWED, &[before, body, after].concat()].join("\n");
    let masked = mask(&trace, SALT);
    let lines: Vec<_> = masked.split('\n').collect();
    let [HEADER, FOLLOWED, line] = lines[..] else {
        panic!("other lines than these were masked: {masked}");
    };
    let body = line.strip_prefix(before).expect("the kind of the input");
    body.strip_suffix(after).expect("its end").to_owned()
}

fn stays(body: &str) {
    assert_eq!(masked(body), body);
}

#[test]
fn a_letter_becomes_another_one_of_as_many_bytes() {
    for (word, other) in [
        ("canary", "qcluod"),
        ("Canary", "Ipqtpa"),
        ("canary_word", "mnjcjb_hlvu"),
        // Drawn as "bsnxx", which would be binary.
        ("raven", "csnxx"),
        ("größer", "ziĆėrd"),
        ("слово", "ĒĭĔĭŗ"),
        ("漢字", "藇鬕"),
        ("😀😁", "😵😢"),
    ] {
        assert_eq!(masked(word), other);
        let all = [other, " 12, ", other, "; ", other, "."].concat();
        assert_eq!(masked(&all.replace(other, word)), all);
    }
}

#[test]
fn an_escape_becomes_one_of_the_letter_that_takes_its_place() {
    for (word, other) in [
        (r"\u0063anary", r"\u0071cluod"),
        (r"cana\u0072\u0079", r"qclu\u006f\u0064"),
        (r"\u0441\u043B\u043e", r"\u0107\u014b\u0160"),
        (r"\u6f22\u5b57", r"\u85c7\u9b15"),
    ] {
        for times in [1, 2, 3, 4, 7, 8] {
            let slashes = "\\".repeat(times);
            let (word, other) = (word.replace('\\', &slashes), other.replace('\\', &slashes));
            assert_eq!(masked(&word), other);
        }
    }
}

#[test]
fn what_stands_for_no_letter_stays_and_parts_words() {
    for other in [
        r"\n",
        r"\\",
        r#"\\\""#,
        r"\u0031",
        r"\u0020",
        r"\u005f",
        r"\u00",
        r"\u12G4",
        r"\ud83d\ude00",
        " ",
        "-",
        "7",
        "{",
    ] {
        stays(other);
        let parted = ["qcluod", other, " qcluod"].concat();
        assert_eq!(masked(&parted.replace("qcluod", "canary")), parted);
    }
    assert_eq!(masked(r"canary\ncanary"), r"qcluod\nqcluod");
    assert_eq!(masked(r"canary\u0020canary"), r"qcluod\u0020qcluod");
}

#[test]
fn words_of_the_protocols_stay_in_any_case() {
    for word in [
        "maxPayload",
        "MAXPAYLOAD",
        "progress_log",
        "Feb",
        "suspended",
        "Not_Started",
        "critical",
        "Warn",
        "unfinished",
        "ERRORS",
        r"\u0065rror",
    ] {
        stays(word);
    }
}

#[test]
fn what_is_too_short_to_be_told_apart_stays_if_it_is_ascii() {
    stays("a bc de");
    for word in ["cat", "ж", "字"] {
        assert_ne!(masked(word), word);
    }
}

#[test]
fn ids_that_the_page_follows_and_the_namespace_stay_wherever_they_come() {
    stays("followed-7 known-space");
    stays("research_progress_followed-7");
    stays("progress_followed-7");
    assert_eq!(masked("progress_secretid"), "progress_xnlbvzam");
    assert_eq!(
        masked("research_progress_secretid"),
        "research_progress_xnlbvzam"
    );
}

#[test]
fn the_letter_that_makes_a_packet_binary_stays_wherever_a_word_begins_with_it() {
    assert_eq!(masked("bcanary"), "bkeumhd");
    assert_eq!(masked(r"2\u001ebcanary"), r"2\u001ebkeumhd");
    assert_eq!(masked("2 bcanary"), "2 bkeumhd");
    assert_eq!(masked(r"2\u001ecanary"), r"2\u001eqcluod");
}
