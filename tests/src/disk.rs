//! A small file system of its own, to fill up.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A file system in memory, unmounted when this is dropped.
#[derive(Debug)]
pub struct SmallDisk {
    path: PathBuf,
}

impl SmallDisk {
    /// Mounts one of `size` (as `mount` takes it: `400k`, `2m`) at `path`; `None` where this user
    /// may not mount.
    pub fn mount(path: &Path, size: &str) -> Option<Self> {
        fs::create_dir_all(path).expect("a folder");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size},mode=700"), "quipu-tests"]).arg(path);
        let mounted = mount.stdout(Stdio::null()).stderr(Stdio::null()).status();
        mounted.is_ok_and(|status| status.success()).then(|| Self { path: path.to_owned() })
    }

    /// Fills the disk up to `free` bytes that are left (rounded to pages), instead of an earlier filling.
    pub fn leave(&self, free: usize) {
        self.empty();
        let ballast = self.path.join("ballast");
        let mut size = 0;
        // How much fits is found by filling it all.
        if let Err(error) = fill(&ballast) {
            assert_eq!(error.kind(), std::io::ErrorKind::StorageFull, "{error}");
            size = fs::metadata(&ballast).expect("the ballast").len();
        }
        let left = u64::try_from(free).unwrap_or(u64::MAX);
        let file = fs::File::options().write(true).open(&ballast).expect("the ballast");
        file.set_len(size.saturating_sub(left)).expect("a shorter ballast");
    }

    /// Takes the filling away.
    pub fn empty(&self) {
        // There may be none.
        let _ = fs::remove_file(self.path.join("ballast"));
    }
}

fn fill(path: &Path) -> std::io::Result<()> {
    use std::io::Write;
    let mut file = fs::File::create(path)?;
    loop {
        file.write_all(&[0; 4096])?;
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily, so that a straggler cannot keep it. Nothing better can be done where it fails.
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
    }
}
