//! A server that says it sends mail. It keeps the letters in memory and sends them to nobody.

use serde_json::{Value, json};

use super::protocol::{Arguments, Tools};

/// Letters that may be kept at once.
const LETTERS_KEPT: usize = 1000;

/// The letters "sent" so far.
#[derive(Debug, Default)]
pub(super) struct Mail {
    sent: Vec<String>,
}

impl Tools for Mail {
    fn name(&self) -> &'static str {
        "doorward-demo-mail"
    }

    fn list(&self) -> Value {
        json!([
            {
                "name": "list_mail", "description": "Lists the mail sent so far.",
                "inputSchema": { "type": "object" }, "annotations": { "readOnlyHint": true },
            },
            {
                "name": "send_mail", "description": "Sends a mail.",
                "inputSchema": {
                    "type": "object",
                    "properties": {
                        "to": { "type": "string" }, "subject": { "type": "string" }, "body": { "type": "string" },
                    },
                    "required": ["to", "subject", "body"],
                },
                "annotations": { "readOnlyHint": false, "destructiveHint": false, "openWorldHint": true },
            },
        ])
    }

    fn call(&mut self, tool: &str, arguments: &Arguments<'_>) -> Result<String, String> {
        match tool {
            "list_mail" => Ok(self.sent.join("\n")),
            "send_mail" => {
                let (to, subject) = (arguments.text("to")?, arguments.text("subject")?);
                arguments.text("body")?;
                if self.sent.len() >= LETTERS_KEPT {
                    return Err("The outbox is full.".to_owned());
                }
                self.sent.push(format!("{to}: {subject}"));
                Ok(format!("Sent to {to}."))
            }
            _ => Err("There is no such tool.".to_owned()),
        }
    }
}
