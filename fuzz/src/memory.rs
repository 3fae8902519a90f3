//! An allocator that ends the process where a reader takes more than any sample may cost. libFuzzer's
//! own bound sees only memory that has been written to.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Largest allocation, in bytes.
pub const LARGEST: usize = 128 << 20;
/// Most bytes allocated at one time.
pub const MOST: usize = 512 << 20;

struct Bounded;

static USED: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Bounded = Bounded;

fn count(size: usize) {
    let used = USED.fetch_add(size, Ordering::Relaxed) + size;
    if size > LARGEST || used > MOST {
        // Where it was asked for is in the stack of the abort.
        eprintln!("an allocation of {size} bytes, {used} in all");
        std::process::abort();
    }
}

// SAFETY: every call is passed on to the system's allocator as it is; only sizes are counted.
unsafe impl GlobalAlloc for Bounded {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        USED.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        USED.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.realloc(place, layout, size) }
    }
}
