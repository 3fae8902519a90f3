//! What publishers change from one edition to the next, one function each.

pub(crate) mod bytes;
pub(crate) mod columns;
pub(crate) mod labels;
pub(crate) mod layout;
pub(crate) mod numbers;
pub(crate) mod periods;
pub(crate) mod records;
pub(crate) mod totals;

use crate::document::Draft;
use crate::outcome::Change;
use crate::random::Random;

/// Changes a document; `None` where the change does not go with it.
pub(crate) type Make = fn(&mut Draft, &mut Random) -> Option<Change>;

/// Every change, with its name in the table.
pub(crate) fn all() -> Vec<(&'static str, Make)> {
    [layout::ALL, columns::ALL, records::ALL, labels::ALL, totals::ALL, numbers::ALL, periods::ALL, bytes::ALL].concat()
}
