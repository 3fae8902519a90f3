//! End to end: the binary against files, servers and faults, as a user would run it.

#[cfg(test)]
mod bad_command;
#[cfg(test)]
mod bad_row;
#[cfg(test)]
mod bad_source;
#[cfg(test)]
mod canary;
#[cfg(test)]
mod codes;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod conflict;
#[cfg(test)]
mod full_disk;
#[cfg(test)]
mod http;
#[cfg(test)]
mod inspect;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod large;
#[cfg(test)]
mod live;
#[cfg(test)]
mod memory;
#[cfg(test)]
mod quarantine;
#[cfg(test)]
mod run;
#[cfg(test)]
mod same_bytes;
#[cfg(test)]
mod screen;
#[cfg(test)]
mod screen_history;
#[cfg(test)]
mod screen_near;
#[cfg(test)]
mod small;
#[cfg(test)]
mod synth;
#[cfg(test)]
mod trace;
#[cfg(test)]
mod verify;
