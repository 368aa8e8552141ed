//! What a record of `local.log` holds, as JSON.

use std::str::FromStr as _;

use ballast_domain::TenantId;
use serde::{Deserialize, Serialize};

use crate::contract::StreamName;
use crate::error::StoreError;
use crate::journal::Stream;
use crate::local::index::Continuation;

/// What a record holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    /// A batch that continues a stream.
    Continuation(Continuation),
    /// A stop that somebody has asked for, as its owner encoded it. The last one counts.
    Stop { body: String },
}

/// The same as written. A kind keeps its meaning; what changes gets another one.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[serde(deny_unknown_fields)]
enum Written {
    Continuation {
        tenant: String,
        stream: String,
        epoch: u64,
        first_seq: u64,
        records: Vec<String>,
    },
    Stop {
        body: String,
    },
}

impl Entry {
    pub(super) fn encode(&self) -> Result<Vec<u8>, StoreError> {
        let written = match self {
            Self::Continuation(batch) => Written::Continuation {
                tenant: batch.stream.tenant.to_string(),
                stream: batch.stream.name.as_str().to_owned(),
                epoch: batch.epoch,
                first_seq: batch.first_seq,
                records: batch.bodies.clone(),
            },
            Self::Stop { body } => Written::Stop { body: body.clone() },
        };
        serde_json::to_vec(&written).map_err(|error| StoreError::Refused(error.to_string()))
    }

    pub(super) fn decode(payload: &[u8]) -> Result<Self, String> {
        let written = serde_json::from_slice(payload).map_err(|error| error.to_string())?;
        Ok(match written {
            Written::Continuation { tenant, stream, epoch, first_seq, records } => {
                let tenant = TenantId::from_str(&tenant).map_err(|error| error.to_string())?;
                let known = [StreamName::Journal, StreamName::Paper];
                let name = known.into_iter().find(|known| known.as_str() == stream);
                let name = name.ok_or_else(|| format!("there is no stream '{stream}'"))?;
                if first_seq == 0 || records.is_empty() {
                    return Err("it continues a stream with nothing".to_owned());
                }
                let stream = Stream { tenant, name };
                Self::Continuation(Continuation { stream, epoch, first_seq, bodies: records })
            }
            Written::Stop { body } => Self::Stop { body },
        })
    }
}
