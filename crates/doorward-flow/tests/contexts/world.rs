//! A world of conversations that are told apart perfectly, beside contexts that see only what an adversary lets through.
//!
//! A conversation is what a model has read and said in one go: the true context. The world knows what each was told, and
//! when; it owes that to every later message of the same conversation for as long as the rules of time say. The adversary
//! chooses what a message says of its unit of work: everything that a model, a client that nobody vouches for or a network
//! can choose. It cannot sign, and it cannot make an honest client name another unit of work (it can make it name none).

use doorward_core::flow::{Carried, CarriedBy, Handle, Hints};
use doorward_core::principal::Principal;
use doorward_flow::contexts::limits::{FALLBACK_HALF, FALLBACK_IDLE, KEPT_HALF, NAMED_HALF, NAMED_IDLE};
use doorward_flow::contexts::{Bounds, Channel, Contexts, Honesty, Place, Task, Trail};

use crate::support::{KEY, Labels, Numbers, PARTS, Weight, at, bounded, principal, seconds};

/// What tells a conversation from others, in truth.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    /// Nothing that its messages could say.
    None,
    /// Its credentials.
    Signed(String),
    /// An honest client says it.
    Declared(String),
    /// An honest client carries this handle.
    Opened(Handle),
}

/// Something that a conversation was told.
#[derive(Debug, Clone, Copy)]
struct Read {
    bits: u32,
    when: u64,
    under: Under,
}

/// What the message said under which something was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Under {
    /// The true name.
    Own,
    /// Another name, true for nobody.
    Other,
    /// None.
    None,
}

#[derive(Debug, Clone)]
struct Conversation {
    family: usize,
    name: Name,
    reads: Vec<Read>,
    /// When a message last said its true name.
    named: u64,
    /// Since when that was never too long ago.
    steady: u64,
    parent: Option<usize>,
}

/// Principal and client.
struct Family {
    who: Principal,
    honesty: Honesty,
    /// When it was used.
    uses: Vec<u64>,
}

/// A message whose answer has not come.
struct Underway {
    conversation: usize,
    place: Place,
    under: Under,
    since: u64,
    bits: u32,
}

/// What a record keeps of a message.
struct Record {
    trail: Trail,
    bits: u32,
    when: u64,
}

/// What an adversary can see and use again.
#[derive(Default)]
struct Overheard {
    declared: Vec<String>,
    handles: Vec<Handle>,
}

pub(crate) struct World {
    contexts: Contexts<Weight>,
    bounds: Bounds,
    numbers: Numbers,
    labels: Labels,
    now: u64,
    families: Vec<Family>,
    conversations: Vec<Conversation>,
    underway: Vec<Underway>,
    records: Vec<Record>,
    overheard: Overheard,
    /// How many messages were held against the truth.
    pub(crate) checked: u64,
}

impl World {
    /// A world of two to four families, each with a conversation.
    pub(crate) fn new(seed: u64, bounds: Bounds, labels: &Labels) -> Self {
        let mut numbers = Numbers(seed);
        let names = [("ann", "desk"), ("ann", "phone"), ("bob", "desk"), ("bob", "phone")];
        let families: Vec<Family> = names[..2 + numbers.below(3)]
            .iter()
            .map(|(subject, client)| {
                let honesty = if numbers.once_in(2) { Honesty::Honest } else { Honesty::Unproven };
                Family { who: principal(subject, client), honesty, uses: Vec::new() }
            })
            .collect();
        let mut world = Self {
            contexts: bounded(bounds),
            bounds,
            numbers,
            labels: labels.clone(),
            now: 0,
            families,
            conversations: Vec::new(),
            underway: Vec::new(),
            records: Vec::new(),
            overheard: Overheard::default(),
            checked: 0,
        };
        (0..world.families.len()).for_each(|family| world.begin(family, None));
        world
    }

    /// One thing that happens.
    pub(crate) fn step(&mut self) {
        match self.numbers.below(20) {
            0..=8 => {
                let conversation = self.numbers.below(self.conversations.len());
                self.send(conversation);
            }
            9..=13 => self.answer(),
            14 | 15 => self.wait(),
            16 => {
                let creator = self.numbers.below(self.conversations.len());
                self.begin(self.conversations[creator].family, Some(creator));
            }
            17 | 18 => {
                let creator = self.numbers.below(self.conversations.len());
                self.open(creator);
            }
            _ => self.crash(),
        }
    }

    fn wait(&mut self) {
        let waits = [0, 1, 600, 29 * 60, 31 * 60, 2 * 3600, 5 * 3600, 8 * 3600 - 60, 9 * 3600];
        self.now += waits[self.numbers.below(waits.len())];
    }

    /// A new conversation. One that another begins knows what that one knows; a signed one begins afresh.
    fn begin(&mut self, family: usize, creator: Option<usize>) {
        let honest = self.families[family].honesty == Honesty::Honest;
        let number = self.conversations.len();
        let name = match self.numbers.below(3) {
            0 => Name::Signed(format!("mission {number}")),
            1 if honest => Name::Declared(format!("conversation {number}")),
            _ => Name::None,
        };
        let reads = match name {
            Name::Signed(_) => Vec::new(),
            Name::Declared(_) | Name::Opened(_) | Name::None => self.handed_on(creator, &name),
        };
        if let Name::Declared(text) = &name {
            self.overheard.declared.push(text.clone());
        }
        self.conversations.push(Conversation { family, name, reads, named: self.now, steady: self.now, parent: None });
        let conversation = self.conversations.len() - 1;
        let hints = self.true_hints(conversation);
        self.send_as(conversation, &hints);
    }

    /// What a conversation that `creator` begins knows from the start.
    fn handed_on(&self, creator: Option<usize>, name: &Name) -> Vec<Read> {
        let Some(creator) = creator else { return Vec::new() };
        let owed = self.owed_reads(creator, Under::None);
        match name {
            Name::None => owed.into_iter().map(|read| Read { under: lent(read.under), ..read }).collect(),
            Name::Signed(_) | Name::Declared(_) | Name::Opened(_) => {
                let bits = owed.iter().fold(0, |bits, read| bits | read.bits);
                vec![Read { bits, when: self.now, under: Under::Own }]
            }
        }
    }

    fn true_hints(&self, conversation: usize) -> Hints {
        match &self.conversations[conversation].name {
            Name::None => Hints::default(),
            Name::Signed(text) => Hints::default().with_signed(text),
            Name::Declared(text) => Hints::default().with_declared(text),
            Name::Opened(handle) => Hints::default().with_handle(Carried { handle: *handle, by: CarriedBy::Client }),
        }
    }

    /// What the adversary makes of a message of this conversation.
    fn forged_hints(&mut self, conversation: usize) -> Hints {
        let Conversation { family, name, .. } = self.conversations[conversation].clone();
        let honest = self.families[family].honesty == Honesty::Honest;
        let dropped = self.numbers.once_in(3) && !matches!(name, Name::Signed(_));
        let mut hints = if dropped { Hints::default() } else { self.true_hints(conversation) };
        if self.numbers.once_in(2) {
            let session = format!("session {}", self.numbers.below(2));
            hints = hints.with_session(&session);
        }
        if self.numbers.once_in(3) {
            let trace = format!("00-{:032x}-{:016x}-01", self.numbers.below(2) + 1, 1);
            hints = hints.with_traceparent(&trace);
        }
        if self.numbers.once_in(3) {
            hints = hints.with_process(self.numbers.next() % 2);
        }
        if !honest && self.numbers.once_in(2) {
            let made_up = format!("made up {}", self.numbers.below(3));
            let pick = self.numbers.below(self.overheard.declared.len() + 1);
            let text = self.overheard.declared.get(pick).cloned().unwrap_or(made_up);
            hints = hints.with_declared(&text);
        }
        if hints.handle().is_none() && self.numbers.once_in(2) {
            let made_up = Handle::new(self.numbers.sixteen(), self.numbers.sixteen());
            let pick = self.numbers.below(self.overheard.handles.len() + 1);
            let handle = self.overheard.handles.get(pick).copied().unwrap_or(made_up);
            let by = if honest || self.numbers.once_in(2) { CarriedBy::Model } else { CarriedBy::Client };
            hints = hints.with_handle(Carried { handle, by });
        }
        hints
    }

    fn send(&mut self, conversation: usize) {
        let hints = self.forged_hints(conversation);
        self.send_as(conversation, &hints);
    }

    /// A message is resolved, held against what its conversation knows, and recorded with the most that may come of it.
    fn send_as(&mut self, conversation: usize, hints: &Hints) {
        let (place, under) = self.resolve(conversation, hints);
        let bits = 1 << self.numbers.below(PARTS as usize);
        self.record(&place, bits);
        self.underway.push(Underway { conversation, place, under, since: self.now, bits });
    }

    fn resolve(&mut self, conversation: usize, hints: &Hints) -> (Place, Under) {
        let family = self.conversations[conversation].family;
        let Family { who, honesty, .. } = &self.families[family];
        let place = self.contexts.resolve(who, hints, *honesty, at(self.now));
        let under = under(&self.conversations[conversation].name, hints, &place);
        let owed = self.owed(conversation, under);
        self.families[family].uses.push(self.now);
        self.note_name(conversation, under);
        self.check(conversation, owed, place.label(), "resolved");
        (place, under)
    }

    /// Says that a message had its true name; after too long that begins again.
    fn note_name(&mut self, conversation: usize, under: Under) {
        let now = self.now;
        let Conversation { reads, named, steady, .. } = &mut self.conversations[conversation];
        if under == Under::Own {
            if now - *named > seconds(NAMED_IDLE) {
                *steady = now;
                reads.retain(|read| read.under != Under::Own);
            }
            *named = now;
        }
    }

    /// The answer of one of the messages under way comes: first it is known, then it is told.
    fn answer(&mut self) {
        if self.underway.is_empty() {
            return;
        }
        let pick = self.numbers.below(self.underway.len());
        let Underway { conversation, place, under, bits, .. } = self.underway.swap_remove(pick);
        self.contexts.raise(&place, &self.labels.of(bits), at(self.now));
        self.record(&place, bits);
        self.tell(conversation, Read { bits, when: self.now, under });
        let owed = self.owed(conversation, under);
        let effective = self.contexts.effective(&place, at(self.now));
        self.check(conversation, owed, &effective, "effective");
    }

    fn tell(&mut self, conversation: usize, read: Read) {
        let family = self.conversations[conversation].family;
        self.families[family].uses.push(read.when);
        let mut next = Some(conversation);
        while let Some(told) = next {
            self.note_name(told, read.under);
            let Conversation { reads, parent, .. } = &mut self.conversations[told];
            reads.push(read);
            next = parent.filter(|_| read.under == Under::Own);
        }
    }

    fn open(&mut self, creator: usize) {
        let hints = self.forged_hints(creator);
        let (place, under) = self.resolve(creator, &hints);
        self.record(&place, 0);
        let channel = if self.numbers.once_in(3) { Channel::Person } else { Channel::Call };
        let task = Task::new("a task", ["tool"], None, channel).unwrap();
        let Ok(opened) = self.contexts.open(&place, task, self.numbers.sixteen(), at(self.now)) else { return };
        self.overheard.handles.push(opened.handle);
        let family = self.conversations[creator].family;
        let honest = self.families[family].honesty == Honesty::Honest;
        let name = if honest { Name::Opened(opened.handle) } else { Name::None };
        let (reads, parent) = match channel {
            Channel::Person => (Vec::new(), None),
            Channel::Signed | Channel::Call => (self.handed_on(Some(creator), &name), Some(creator)),
        };
        let parent = parent.filter(|_| under == Under::Own && honest);
        if channel == Channel::Call {
            let owed = self.owed(creator, under);
            self.check(creator, owed, &opened.label, "opened");
        }
        let bits = self.labels.bits(&opened.label);
        self.records.push(Record { trail: opened.trail, bits, when: self.now });
        self.conversations.push(Conversation { family, name, reads, named: self.now, steady: self.now, parent });
    }

    /// Everything in memory is gone. What was under way may have been done, so the most that may have come of it is owed.
    fn crash(&mut self) {
        for Underway { conversation, under, since, bits, .. } in std::mem::take(&mut self.underway) {
            let Conversation { reads, steady, .. } = &mut self.conversations[conversation];
            if under != Under::Own || since >= *steady {
                reads.push(Read { bits, when: since, under });
            }
        }
        self.contexts = Contexts::new(&KEY, self.bounds, |_| Weight::default());
        for Record { trail, bits, when } in &self.records {
            let trail = Trail::parse(&trail.to_string()).unwrap();
            self.contexts.restore(&trail, &self.labels.of(*bits), at(*when));
        }
    }

    /// Before anything is forwarded: where it belongs, what is known there, and the most that may come of it.
    fn record(&mut self, place: &Place, bits: u32) {
        let known = self.labels.bits(&self.contexts.effective(place, at(self.now)));
        self.records.push(Record { trail: place.trail().clone(), bits: known | bits, when: self.now });
    }

    fn check(&mut self, conversation: usize, owed: u32, label: &doorward_core::flow::Label, what: &str) {
        let held = self.labels.bits(label);
        let Conversation { name, reads, .. } = &self.conversations[conversation];
        assert!(owed & !held == 0, "{what} {held:b} below {owed:b}: {name:?} {reads:?} at {}", self.now);
        self.checked += 1;
    }

    fn owed(&self, conversation: usize, under: Under) -> u32 {
        self.owed_reads(conversation, under).iter().fold(0, |bits, read| bits | read.bits)
    }

    /// What a message that says this of itself must be read with.
    fn owed_reads(&self, conversation: usize, under: Under) -> Vec<Read> {
        let Conversation { name, reads, named, family, .. } = &self.conversations[conversation];
        let kept = |when: u64| self.now - when <= seconds(KEPT_HALF);
        let is_owed = |read: &Read| match (name, under, read.under) {
            (Name::Signed(_) | Name::Declared(_) | Name::Opened(_), Under::Own, Under::Own) => {
                self.now - named <= seconds(NAMED_IDLE) && self.now - read.when <= seconds(NAMED_HALF)
            }
            (
                Name::None | Name::Signed(_) | Name::Declared(_) | Name::Opened(_),
                Under::None | Under::Other,
                Under::Own,
            ) => kept(*named),
            (Name::Declared(_) | Name::Opened(_), Under::Own, Under::None | Under::Other) => kept(read.when),
            (_, _, Under::Other) => kept(read.when),
            (_, _, Under::None) => self.families[*family].has_window(read.when, self.now),
            (Name::None, Under::Own, Under::Own) => unreachable!("what has no name has no true one"),
        };
        reads.iter().copied().filter(is_owed).collect()
    }
}

impl Family {
    /// Whether what was read at `when` is in the window of `now`.
    fn has_window(&self, when: u64, now: u64) -> bool {
        let mut last = when;
        let later = self.uses.iter().copied().filter(|used| *used >= when).chain([now]);
        let steady = later.into_iter().all(|used| {
            let gap = used - last;
            last = used;
            gap <= seconds(FALLBACK_IDLE)
        });
        steady && now - when <= seconds(FALLBACK_HALF)
    }
}

/// What a conversation that has no name took over from one that has was read under a name all the same.
fn lent(under: Under) -> Under {
    match under {
        Under::Own | Under::Other => Under::Other,
        Under::None => Under::None,
    }
}

/// Under which name a message was read, seen from its conversation.
fn under(name: &Name, hints: &Hints, place: &Place) -> Under {
    use doorward_flow::contexts::HandleSeen;
    let good = place.handle() == HandleSeen::Good;
    let own = match name {
        Name::None => false,
        Name::Signed(text) => hints.signed() == Some(text),
        Name::Declared(text) => hints.declared() == Some(text),
        Name::Opened(handle) => good && hints.handle() == Some(Carried { handle: *handle, by: CarriedBy::Client }),
    };
    match own {
        true => Under::Own,
        false if good || hints.declared().is_some() => Under::Other,
        false => Under::None,
    }
}
