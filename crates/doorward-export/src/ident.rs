//! The id of a record outside: the same whenever and by whomever it is sent, so that a receiver can drop what it has.

use doorward_store::RecordView;

/// The exchange and where in it the record stands, as `<32 hexadecimal digits>-outcome`.
pub(crate) fn of(record: &RecordView) -> String {
    format!("{}-{}", record.exchange, record.phase)
}
