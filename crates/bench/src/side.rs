//! Sides that run in turn, each one in a process of its own, and what they took.

use std::error::Error;
use std::process::{Command, Stdio};

use crate::{median, say};

/// Seconds, peak memory in MiB, and what came out; `None` where a side's package is not there.
pub(crate) type Run = Option<(f64, f64, String)>;

/// This program, started once more for one run.
pub(crate) fn own(word: &str) -> Result<Command, Box<dyn Error>> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(word);
    Ok(command)
}

/// The largest memory that this process has had, in MiB (Linux).
pub(crate) fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kib.unwrap_or_default() / 1_024.0
}

/// A script of peers beside these sources, with the Python whose path is in `QUIPU_PEERS`.
pub(crate) fn peers(script: &str) -> Command {
    let mut command = Command::new(std::env::var("QUIPU_PEERS").unwrap_or_else(|_| "python3".to_owned()));
    command.arg(format!("{}/src/{script}", env!("CARGO_MANIFEST_DIR")));
    command
}

/// Runs a side; its last line says seconds, MiB and what came out.
pub(crate) fn measured(side: &str, command: &mut Command) -> Result<Run, Box<dyn Error>> {
    let output = command.stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8(output.stdout)?;
    if output.status.code() == Some(3) {
        return Ok(None);
    }
    let mut fields = text.lines().last().unwrap_or_default().splitn(3, ' ');
    let mut number = || fields.next().and_then(|field| field.parse::<f64>().ok());
    match (number(), number()) {
        (Some(seconds), Some(peak)) if output.status.success() => {
            Ok(Some((seconds, peak, fields.next().unwrap_or_default().to_owned())))
        }
        _ => Err(format!("{side} ended with {}: {text}", output.status).into()),
    }
}

/// Lets sides run in turn, round by round, and says what each one took beside the side `beside`.
pub(crate) fn rounds(
    sides: &[&str],
    beside: &str,
    rounds: u64,
    mut run: impl FnMut(&str) -> Result<Run, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let mut seconds: Vec<Vec<f64>> = vec![Vec::new(); sides.len()];
    let mut peaks = vec![0.0_f64; sides.len()];
    for round in 1..=rounds {
        for ((side, seconds), peak) in sides.iter().zip(&mut seconds).zip(&mut peaks) {
            match run(side)? {
                Some((took, held, what)) => {
                    say(&format!("round {round}: {side:<17} {took:7.2} s, peak {held:6.0} MiB, {what}"));
                    seconds.push(took);
                    *peak = peak.max(held);
                }
                None => say(&format!("round {round}: {side:<17} left out: its package is not there")),
            }
        }
    }
    let of_other = sides.iter().zip(&mut seconds).find(|(side, _)| **side == beside);
    let of_other = of_other.map(|(_, seconds)| median(seconds)).unwrap_or_default();
    for ((side, seconds), peak) in sides.iter().zip(&mut seconds).zip(&peaks) {
        if !seconds.is_empty() {
            let took = median(seconds);
            say(&format!("median: {side:<17} {took:7.2} s, {:5.2} × {beside}, peak {peak:6.0} MiB", took / of_other));
        }
    }
    Ok(())
}
