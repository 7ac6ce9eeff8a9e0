//! Every limit of the shell, in one place, with its reason.

use std::time::Duration;

/// Events of one call that may wait for a slow client before further notifications of it are dropped.
pub const CALL_EVENTS_MAX: usize = 256;

/// Notifications of progress of something else on the way of one call after which the call fails: they would count as
/// signs of life for ever.
pub const STRAY_PROGRESS_MAX: u32 = 1000;

/// Events outside any call that may wait for a slow client before further ones are dropped.
pub const UNSOLICITED_EVENTS_MAX: usize = 256;

/// Silence from a server during a call after which the call fails. Progress and log lines count as signs of life.
pub const CALL_SILENCE: Duration = Duration::from_secs(300);

/// Longest call, whatever the server says meanwhile (subscriptions excepted).
pub const CALL_DURATION_MAX: Duration = Duration::from_secs(3600);

/// How long a server may take for the gateway's own questions; Python servers need up to nine seconds when cold.
pub const HOUSEKEEPING_WAIT: Duration = Duration::from_secs(30);

/// How long a client waits for a child to say whether it speaks the stateless era; one that has not said is taken for one
/// of the older for now. It has just been started: Python servers need up to nine seconds when cold, and more on a busy
/// machine.
pub const PROBE_WAIT: Duration = Duration::from_secs(20);

/// How long a child is heard out that has not said in time which era it speaks.
pub const PROBE_HEARD_OUT: Duration = Duration::from_secs(120);

/// How long a child that said nothing is taken for one of the older era before it is asked again.
pub const SILENCE_VERDICT_LIFE: Duration = Duration::from_secs(300);

/// How long a connection attempt to an HTTP server may take.
pub const CONNECT_WAIT: Duration = Duration::from_secs(10);

/// Grace between closing a child's standard input, SIGTERM and SIGKILL.
pub const CHILD_GRACE: Duration = Duration::from_secs(2);

/// How long a child without clients is kept for the next one.
pub const CHILD_IDLE: Duration = Duration::from_secs(300);

/// Undeliverable lines from one child within [`NOISE_WINDOW`] after which it is ended.
pub const NOISE_LINES_MAX: u32 = 20_000;

/// The window for [`NOISE_LINES_MAX`].
pub const NOISE_WINDOW: Duration = Duration::from_secs(10);

/// Calls of all clients that wait for answers at once: each keeps a request open at its server.
pub const PARKED_MAX: usize = 1024;

/// Calls of one principal that wait for answers at once.
pub const PARKED_PER_PRINCIPAL_MAX: usize = 32;

/// How long a parked call waits for its client before the server is told that nobody will come.
pub const PARKED_WAIT: Duration = Duration::from_secs(600);

/// How often one call may ask its client.
pub const PARKED_ROUNDS_MAX: u32 = 10;

/// Open questions of one call: as many as one result may carry.
pub const PARKED_QUESTIONS_MAX: usize = doorward_core::limits::INPUT_REQUESTS_MAX;

/// Bytes of the open questions of one call: as many as one message of a client may have. They are held while it is parked.
pub const PARKED_QUESTIONS_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How long a server that asks is waited for, so that what it asks at once is put together.
pub const QUESTIONS_SETTLE: Duration = Duration::from_millis(25);

/// Sessions with one legacy server for one principal at once: one for each set of client capabilities in use.
pub const SESSIONS_PER_LEGACY_SERVER_MAX: usize = 8;

/// How long a session with a legacy server is kept for the next stateless request.
pub const LEGACY_SESSION_IDLE: Duration = Duration::from_secs(300);

/// How often it is looked whether a session is idle.
pub const LEGACY_SESSION_LOOK: Duration = Duration::from_secs(60);

/// News that may wait for a client that listens before further ones are dropped.
pub const LISTENER_EVENTS_MAX: usize = 256;

/// Attempts to reach a lost server for those who listen, before their streams end. The pauses between them grow.
pub const RESUBSCRIBE_TRIES_MAX: u32 = 10;

/// For how many milliseconds a legacy server is asked to keep a task: modern clients do not say.
pub const TASK_TTL_MS: u64 = 3_600_000;

/// Tasks of one session with a legacy server that are remembered; beyond it the oldest is forgotten.
pub const TASKS_PER_SESSION_MAX: usize = 256;

/// How long a task that waits for input may take to say what it asks.
pub const TASK_QUESTIONS_WAIT: Duration = Duration::from_secs(2);

/// Questions that came outside of a call and wait for it to take them.
pub const SEAT_EVENTS_MAX: usize = 32;

/// Pages of a list the gateway follows for itself.
pub const LIST_PAGES_MAX: usize = 100;

/// How long a server is taken for one with a handshake, or without: it may be exchanged for a newer or an older one.
pub const HANDSHAKE_VERDICT_LIFE: Duration = Duration::from_secs(300);

/// How often a child that ended over a handshake it does not have is asked again which era it speaks.
pub const RESTARTS_AWAITED: u32 = 2;

/// How often one request may go out again because a stateless server asked something: what the reference implementations
/// allow.
pub const ROUNDS_MAX: u32 = 8;

/// How long a client may take for all answers of one round of questions. People are slow; a server's state is not for ever.
pub const ANSWERS_WAIT: Duration = Duration::from_secs(600);

/// Changes of one conversation's wishes to hear of changes that may wait before their senders wait.
pub const ORDERS_MAX: usize = 16;

/// Tasks of one bridged conversation that are remembered; then the oldest is forgotten.
pub const TASKS_MAX: usize = 256;

/// Bytes of the tasks that are remembered for one bridged conversation: what they gave is among them.
pub const TASK_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How long the cancellation of a task may take that nobody waits for any more.
pub const TASK_CANCEL_WAIT: Duration = Duration::from_secs(5);

/// Shortest pause between two looks at a task, whatever its server says.
pub const POLL_LEAST: Duration = Duration::from_millis(100);

/// Longest such pause.
pub const POLL_MOST: Duration = Duration::from_secs(5);

/// The pause when the server has named none.
pub const POLL_UNTOLD: Duration = Duration::from_millis(500);

/// Legacy sessions at once.
pub const SESSIONS_MAX: usize = 10_000;

/// Legacy sessions of one principal at once, where there are others.
pub const SESSIONS_PER_PRINCIPAL_MAX: usize = SESSIONS_MAX / 10;

/// Idle time after which a legacy session ends.
pub const SESSION_IDLE: Duration = Duration::from_secs(1800);

/// Events kept for replay (`Last-Event-ID`) per session.
pub const REPLAY_EVENTS_MAX: usize = 512;

/// Bytes kept for replay per session.
pub const REPLAY_BYTES_MAX: usize = 1 << 20;

/// Bytes of one event stream that may wait for a slow client. One event passes whatever its size.
pub const OUTLET_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Silence on an event stream after which a keep-alive comment is sent.
pub const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How long an answer may take before an event stream is begun for it, so that no client or proxy times out.
pub const STREAM_AFTER: Duration = Duration::from_secs(5);

/// Time for a client to send its request headers.
pub const HEADER_READ_WAIT: Duration = Duration::from_secs(15);

/// Time for a client to send a request body.
pub const BODY_READ_WAIT: Duration = Duration::from_secs(60);

/// Downstream connections at once.
pub const CONNECTIONS_MAX: usize = 10_000;

/// Bytes of request headers.
pub const HEADER_BYTES_MAX: usize = 64 * 1024;

/// How long in-flight exchanges may take to finish once the gateway is stopping.
pub const DRAIN_WAIT: Duration = Duration::from_secs(10);

/// Tools remembered per server.
pub const DEFINITIONS_MAX: usize = 4096;

/// Bytes of all definitions remembered of one server: as much as one page of a list may have.
pub const DEFINITIONS_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Shortest time between two listings the gateway makes on its own because a call names an unknown tool.
pub const RELEARN_AFTER: Duration = Duration::from_secs(5);

/// Shortest time, beyond a burst of [`REFITS_AT_ONCE_MAX`], between two loadings of the policy because what one server
/// offers has changed. Not counting the time they take: a server never keeps a processor busy all the time.
pub const REFIT_AFTER: Duration = Duration::from_secs(2);

/// Loadings of the policy for one server that need not wait for [`REFIT_AFTER`]: several clients list when they start, and
/// servers announce changes in bursts.
pub const REFITS_AT_ONCE_MAX: u32 = 8;

/// How long a client may wait until the policy was loaded for what it was just shown; then the policy in force decides.
pub const REFIT_WAIT: Duration = Duration::from_secs(15);

/// Principals for which a stateless way to one server is kept ready.
pub const READY_LINKS_MAX: usize = 1024;

/// Commands that may wait for the task of one child before their senders wait.
pub const CHILD_COMMANDS_MAX: usize = 256;

/// Bytes that may wait for a child to read them before further messages are refused.
pub const CHILD_INPUT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How long a child may take to read one message; a slower one would hold up everybody who shares it.
pub const CHILD_WRITE_WAIT: Duration = Duration::from_secs(10);

/// Bytes read from a child at once.
pub const CHILD_READ_BYTES: usize = 64 * 1024;

/// Bytes of notifications and questions of one child that may wait for its clients. Answers are not counted: each call
/// has at most one.
pub const CHILD_EVENT_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Notifications a second, over [`NOISE_WINDOW`], above which a child floods.
pub const NOTIFICATIONS_PER_SECOND_MAX: u32 = 5_000;

/// Undeliverable bytes from one child within [`NOISE_WINDOW`] after which it is ended.
pub const NOISE_BYTES_MAX: usize = 256 * 1024 * 1024;

/// How much of a line of noise a log shows, and how far into a broken line its id is looked for.
pub const NOISE_SHOWN_BYTES: usize = 256;

/// How long a child must live for its end not to count as a failed start.
pub const CHILD_SETTLED: Duration = Duration::from_secs(10);

/// First wait before a child that ended quickly is started again; doubles with each further quick end.
pub const RESTART_WAIT_MIN: Duration = Duration::from_millis(250);

/// Longest wait before a child is started again.
pub const RESTART_WAIT_MAX: Duration = Duration::from_secs(30);

/// How long the rest of an ended child's output, or the end of a child whose output has ended, is waited for.
pub const CHILD_EXIT_WAIT: Duration = Duration::from_millis(250);

/// Children at once, over all servers and principals.
pub const CHILDREN_MAX: usize = 512;

/// Children of one server and principal at once: clients with other capabilities need another child.
pub const CHILDREN_PER_PRINCIPAL_MAX: usize = 32;

/// Children that are left for principals with few, so that nobody takes those of all others.
pub const CHILDREN_KEPT_FREE: usize = CHILDREN_MAX / 4;

/// Children up to which a principal has few.
pub const CHILDREN_FAIR_SHARE: usize = CHILDREN_MAX / 16;

/// Questions of one child to its clients that may be open at once.
pub const CHILD_QUESTIONS_MAX: usize = 256;

/// Bytes of one line of a child's standard error that are logged.
pub const STDERR_LINE_BYTES_MAX: usize = 8 * 1024;

/// Lines of a child's standard error that are logged in a second.
pub const STDERR_LINES_PER_SECOND_MAX: u32 = 100;

/// Most pieces of messages handed to a child in one write.
pub const PIECES_MAX: usize = 32;

/// A buffer for a child's lines larger than this is given up once it is empty.
pub const BUFFER_KEPT_BYTES: usize = 1024 * 1024;

/// Lines up to this length are copied out of the read buffer, so that a small message never keeps a large buffer alive.
pub const COPIED_BYTES: usize = 256 * 1024;

/// How long a request to one server of a joint endpoint waits for the handshake with that server; Python servers need up
/// to nine seconds when cold.
pub const SEAT_WAIT: Duration = Duration::from_secs(30);

/// Bytes of one server's pages after which a joint endpoint follows its list no further.
pub const JOINT_LIST_BYTES_MAX: usize = 32 * 1024 * 1024;

/// First and longest wait before a server that could not be reached is tried again without a client's asking for it.
pub const RETRY_WAIT_MIN: Duration = Duration::from_secs(5);

/// See [`RETRY_WAIT_MIN`]; the wait doubles with each further failure.
pub const RETRY_WAIT_MAX: Duration = Duration::from_secs(60);

/// How often a conversation looks whether one of its servers may be tried again.
pub const RETRY_LOOK: Duration = Duration::from_secs(1);

/// How much longer than the slowest server that is in time a joint list waits for one that was late the last time.
pub const LATE_GRACE: Duration = Duration::from_millis(100);

/// How long all pages of one server may take, whoever still waits for them.
pub const LISTING_WAIT: Duration = Duration::from_secs(60);

/// Lists that joint endpoints fetch from one server at once, over all clients.
pub const LISTINGS_AT_ONCE_MAX: usize = 8;

/// Bytes of lists that are joined on a thread that serves; more are joined where that holds up nobody.
pub const MERGED_AT_ONCE_BYTES: usize = 256 * 1024;

/// Lists last shown that are remembered, over all servers and principals.
pub const SHELF_ITEMS_MAX: usize = 4096;

/// Bytes of lists last shown that are remembered.
pub const SHELF_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Servers, by principal and era, of which is remembered what they said of themselves.
pub const SHELF_SERVERS_MAX: usize = 4096;

/// How long what a server said of itself is taken for what it would say now.
pub const DECLARED_FRESH: Duration = Duration::from_secs(60);

/// Changes that may wait for a slow conversation; one that missed some takes everything for changed.
pub const CHANGES_KEPT_MAX: usize = 256;

/// How long the change of a list waits for further ones, to be announced with them.
pub const CHANGE_WINDOW: Duration = Duration::from_millis(200);

/// How long a logging level waits for the servers to take it.
pub const LEVEL_WAIT: Duration = Duration::from_secs(5);

/// Conversations with one server in which a request is tried, because the server has forgotten the one before.
pub const CONVERSATIONS_TRIED: usize = 2;

/// Longest file of written definitions, in bytes: what eight servers at their limit fill.
pub const DEFINITIONS_FILE_MAX: usize = 8 * DEFINITIONS_BYTES_MAX;

/// Looks at paths that are under way at once, and looks at hosts, those that hang included.
pub const LOOKS_AT_ONCE_MAX: usize = 32;

/// Paths, and hosts, looked at for one request; what comes after is not known.
pub const LOOKS_EACH_MAX: usize = 64;

/// How long one look may take.
pub const LOOK_WAIT: Duration = Duration::from_secs(2);

/// Symbolic links followed in one path: what Linux follows.
pub const LINKS_FOLLOWED_MAX: usize = 40;

/// Hosts whose addresses are remembered.
pub const PINNED_HOSTS_MAX: usize = 4096;

/// Addresses of one host that are taken in.
pub const PINNED_ADDRESSES_MAX: usize = 64;

/// How long the first answer about a host holds against later ones.
pub const PINNED_FOR: Duration = Duration::from_secs(3600);

/// How long an answer about a host is taken for what it would be now.
pub const RESOLVED_FRESH: Duration = Duration::from_secs(5);

/// Task ids that are remembered of one principal; the oldest goes.
pub const HANDLES_PER_PRINCIPAL_MAX: usize = 1024;

/// Task ids that are remembered over all principals; whoever has most loses the oldest.
pub const HANDLES_MAX: usize = 16 * HANDLES_PER_PRINCIPAL_MAX;

/// How much is read on from one message of a call to the next, in bytes: what is split over two is about a secret or a sentence.
pub const TAIL_BYTES_MAX: usize = 1024;

/// A longer message is inspected where it holds up nobody else, in bytes.
pub const INSPECTED_AT_ONCE_BYTES: usize = 64 * 1024;

/// Longest task id that is remembered, in bytes.
pub const HANDLE_BYTES_MAX: usize = 1024;

/// How long what is known of an API key is taken for what is: one that was taken back is good no longer than that.
pub const KEY_FRESH: Duration = Duration::from_millis(500);

/// Ids of API keys that are remembered, those of no key included; beyond it all are looked up again.
pub const KEYS_CACHED_MAX: usize = 4096;

/// How often the use of an API key is written down.
pub const KEY_USED_EVERY: Duration = Duration::from_mins(10);

/// Names of a client certificate that are looked at; one with more is nobody's.
pub const CERTIFICATE_NAMES_MAX: usize = 64;

/// Longest SPIFFE id, in bytes (SPIFFE-ID §2.3).
pub const SPIFFE_ID_MAX: usize = 2048;

/// How long a TLS handshake may take; a connection that has begun none counts among the connections all that time.
pub const TLS_HANDSHAKE_WAIT: Duration = Duration::from_secs(10);

/// How often the files of certificates and keys are looked at for renewed ones.
pub const TLS_LOOK: Duration = Duration::from_secs(10);

/// Longest file of certificates or of a key, in bytes.
pub const TLS_FILE_MAX: u64 = 1024 * 1024;

/// How often it is looked whether whoever listens to a stream would still be let in.
pub const CREDENTIALS_LOOK: Duration = Duration::from_secs(5);

/// How often it is looked what is stopped: a stop is in force everywhere within a second.
pub const STOPS_LOOK: Duration = Duration::from_millis(200);

/// How long a stream of somebody who is stopped stays open for the answer that says so.
pub const STOPPED_LAST_WORD: Duration = Duration::from_millis(200);

/// Definitions pinned per server and kind.
pub const PINS_PER_KIND_MAX: usize = 4096;

/// Bytes of approved definitions held per server: as much as is remembered of its tools.
pub const PINS_BYTES_MAX: usize = DEFINITIONS_BYTES_MAX;

/// Most definitions that wait to be kept.
pub const PINS_SIGHTS_MAX: usize = 20_000;

/// How old what is known of approvals may be when something is used.
pub const PINS_FRESH: Duration = Duration::from_secs(1);

/// How long a server's own list of tools is believed; the next call after that looks again.
pub const PINS_BELIEVED: Duration = Duration::from_secs(5 * 60);

/// How many answers of a tool tell how large they usually are.
pub const USUAL_AFTER: u32 = 20;

/// Most tools of which it is kept how large their answers usually are.
pub const USUAL_TOOLS_MAX: usize = 4096;

/// How long a question to a person is open, unless configured otherwise.
pub const APPROVAL_WAIT: Duration = Duration::from_mins(15);

/// The shortest and the longest time a question can be open.
pub const APPROVAL_WAIT_BOUNDS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_hours(24));

/// Questions to people that one principal may cause within an hour, unless configured otherwise (DEFENCES §2.11).
pub const APPROVALS_PER_HOUR: u32 = 3;

/// Most questions within an hour that can be configured.
pub const APPROVALS_PER_HOUR_MAX: u32 = 1000;

/// Questions of one principal that may be open at once.
pub const APPROVALS_OPEN_PER_PRINCIPAL_MAX: u32 = 20;

/// Questions that may be open at once.
pub const APPROVALS_OPEN_MAX: u32 = 1000;

/// Longest arguments a person is shown, in bytes. What is longer nobody reads, and so nobody can approve.
pub const APPROVAL_ARGUMENTS_MAX: usize = 64 * 1024;

/// People who must approve one call; more cannot be asked.
pub const APPROVERS_MAX: usize = 8;

/// How long a value stays endorsed: as long as a context lasts.
pub const APPROVAL_ENDORSED: Duration = Duration::from_hours(8);

/// Exchanges under way that used a yes.
pub const APPROVALS_UNDERWAY_MAX: usize = 4096;

/// How often it is looked whether questions are over.
pub const APPROVALS_LOOK: Duration = Duration::from_secs(30);

/// Messages under way whose flow is followed: far more than may be under way. One more gets the worst answer.
pub const FLIGHTS_MAX: usize = 65_536;

/// Principals whose records are counted over all their contexts.
pub const LEDGERS_MAX: usize = 10_000;

/// Blocks of one result whose fields are taken in.
pub const FLOW_PARTS_MAX: usize = 1024;

/// Bytes of one result that is hidden behind a handle.
pub const HIDDEN_VALUE_BYTES_MAX: usize = 1024 * 1024;

/// Hidden results of one context.
pub const HIDDEN_CONTEXT_MAX: usize = 256;

/// Bytes of the hidden results of one context.
pub const HIDDEN_CONTEXT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Bytes of hidden results over all contexts.
pub const HIDDEN_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Handles in the arguments of one call.
pub const HANDLES_PER_CALL_MAX: usize = 64;

/// Refused calls of one context that are known again, so that who insists has a person asked.
pub const FLOW_REFUSALS_MAX: usize = 32;

/// Texts of one context that are known again where they are sent; the oldest is forgotten first.
pub const FLOW_SOURCES_MAX: usize = 256;

/// Sources that one record names for what would be sent.
pub const FLOW_SOURCES_TOLD_MAX: usize = 8;

/// Tasks that one user may open at once, before they flow back at [`TASKS_PER_HOUR`].
pub const TASKS_AT_ONCE: u32 = 30;

/// Tasks that one user may open within [`TASKS_PER`].
pub const TASKS_PER_HOUR: u32 = 120;

/// The period of [`TASKS_PER_HOUR`].
pub const TASKS_PER: Duration = Duration::from_secs(3600);

/// Bits of hidden results that are told within one context.
pub const PROJECTED_BITS_MAX: u32 = 64;

/// Bits of hidden results that one user may be told at once, before they flow back at [`PROJECTED_BITS_PER_HOUR`].
pub const PROJECTED_BITS_AT_ONCE: u32 = 512;

/// Bits of hidden results that one user may be told within [`PROJECTED_BITS_PER`], over all contexts.
pub const PROJECTED_BITS_PER_HOUR: u32 = 1024;

/// The period of [`PROJECTED_BITS_PER_HOUR`].
pub const PROJECTED_BITS_PER: Duration = Duration::from_secs(3600);

/// How often units of work that are over are forgotten.
pub const FLOW_LOOK: Duration = Duration::from_secs(60);
