//! What getting rid of a differencing disk would take: who is in the way, what each way costs, which steps it has, and
//! how to prove afterwards that nothing was lost. Nothing here is carried out.

mod action;
mod ask;
mod before;
mod bill;
mod course;
mod doubtful;
mod facts;
mod fingerprint;
pub mod interrupted;
mod method;
mod native;
mod native_steps;
mod path_text;
mod precondition;
mod sealed;
mod space;
mod steps;
mod structures;
mod verify;
mod windows_names;

use crate::analysis::merge::{Balance, ByteRange, Cost, DurationRange, Method as Merge, PerBlock, Speeds};
use crate::error::{Error, Result};

pub use action::{Action, Step, Target};
pub use ask::Ask;
pub use bill::Bill;
pub use course::{Course, Sibling};
pub use facts::{BlockMap, Facts, PlanVolume};
pub use fingerprint::{ConfigurationFact, DiskFact, Fingerprint, Question};
pub use interrupted::{Certainty, Interrupted, Share};
pub use method::Method;
pub use native::course;
pub use path_text::PathText;
pub use precondition::{COUNT, Evidence, Precondition, State};
pub use sealed::{AlsoExpected, ContentHash, Expectation, Outcome, PolicyBytes, SCHEMA, Sealed, document_digest};
pub use verify::{Change, compare};
pub use windows_names::{NamedBy, WindowsName, WindowsNames};

/// A plan.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What is merged into what.
    pub course: Course,
    /// All conditions, in the order of their numbers.
    pub preconditions: Vec<Precondition>,
    /// The ways, in the order of [`Method::ALL`].
    pub alternatives: Vec<Alternative>,
    /// The way whose steps are given; `None` where only leaving it is left.
    pub chosen: Option<Method>,
    /// A merge that was broken off.
    pub interrupted: Option<Interrupted>,
    /// What Windows calls the files.
    pub names: WindowsNames,
    /// The file that an export makes.
    pub new_disk: WindowsName,
    /// Why the costs are not known.
    pub cost_problem: Option<Error>,
}

/// What a plan is made with beside facts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish {
    /// A merge that was broken off.
    pub interrupted: Option<Interrupted>,
    /// The way whose steps are given; else the first that is open.
    pub method: Option<Method>,
    /// How fast the storage is.
    pub speeds: Option<Speeds>,
}

/// One way, side by side with the others.
#[derive(Clone, Debug)]
pub struct Alternative {
    /// The way.
    pub method: Method,
    /// The numbers of the conditions that close it.
    pub blocked_by: Vec<u8>,
    /// Why there is no such way here, whatever the conditions say.
    pub unavailable: Option<String>,
    /// What it costs, where that is known.
    pub bill: Option<Bill>,
    /// How long it takes, where speeds were given.
    pub duration: Option<DurationRange>,
    /// What it does to each volume.
    pub volumes: Vec<(PlanVolume, Balance)>,
    /// The steps; none for a way that is closed.
    pub steps: Vec<Step>,
}

impl Alternative {
    /// Whether the way is open.
    pub fn is_open(&self) -> bool {
        self.blocked_by.is_empty() && self.unavailable.is_none()
    }

    /// Bytes of files that go, on all volumes.
    pub fn freed(&self) -> ByteRange {
        self.volumes.iter().fold(ByteRange::default(), |sum, (_, balance)| sum.saturating_add(balance.freed))
    }

    /// Bytes that must be free, on all volumes together.
    pub fn peak(&self) -> ByteRange {
        self.volumes.iter().fold(ByteRange::default(), |sum, (_, balance)| sum.saturating_add(balance.peak))
    }
}

impl Plan {
    /// Makes a plan. `also` are the costs of [`Course::also`], in their order.
    pub fn new(
        facts: &Facts<'_>,
        course: Course,
        wish: Wish,
        costs: Result<Vec<Cost>>,
        also: &[Result<Vec<Cost>>],
    ) -> Self {
        let Wish { interrupted, method: wanted, speeds } = wish;
        let (costs, cost_problem) = match costs {
            Ok(costs) => (costs, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let bill_of = |method: Method| bill(method, &costs, also);
        let mut alternatives: Vec<Alternative> = Method::ALL
            .into_iter()
            .map(|method| {
                let found = steps::steps(facts, &course, method);
                let bill = bill_of(method);
                let volumes = bill.as_ref().map(|bill| space::balance(facts, &course, bill)).unwrap_or_default();
                let unavailable = found.as_ref().err().cloned();
                let steps = found.unwrap_or_default();
                let duration =
                    bill.as_ref().zip(speeds).map(|(bill, speeds)| bill.duration(speeds, PerBlock::default()));
                Alternative { method, blocked_by: Vec::new(), unavailable, bill, duration, volumes, steps }
            })
            .collect();
        let needs: Vec<_> = alternatives
            .iter()
            .filter(|way| way.unavailable.is_none() && Method::ACTIVE.contains(&way.method))
            .map(|way| (way.method, way.bill.as_ref().map(|_| way.volumes.clone())))
            .collect();
        let mut preconditions = precondition::all_but_space(facts, &course);
        preconditions.push(space::condition(facts, &course, &needs));
        preconditions.sort_by_key(|condition| condition.number);
        for way in &mut alternatives {
            let stops = preconditions.iter().filter(|condition| condition.stops(way.method));
            way.blocked_by = stops.map(|condition| condition.number).collect();
            if !way.is_open() {
                way.steps.clear();
            }
        }
        let open = |method: Method| alternatives.iter().any(|way| way.method == method && way.is_open());
        // A merge that was broken off is completed by the same merge, not by another way.
        let first = if interrupted.is_some() { Some(Method::OnePass).filter(|method| open(*method)) } else { None };
        let chosen = match wanted {
            Some(method) => Some(method).filter(|method| open(*method)),
            None => first.or_else(|| Method::ACTIVE.into_iter().find(|method| open(*method))),
        };
        let mut named = course.concerned();
        for file in course.changed() {
            if !named.contains(&file) {
                named.push(file);
            }
        }
        let names = WindowsNames::of(facts, &named);
        let new_disk = new_disk(facts, &course, &names);
        Self { course, preconditions, alternatives, chosen, interrupted, names, new_disk, cost_problem }
    }

    /// A way.
    pub fn alternative(&self, method: Method) -> Option<&Alternative> {
        self.alternatives.iter().find(|way| way.method == method)
    }

    /// The way whose steps are given.
    pub fn chosen(&self) -> Option<&Alternative> {
        self.alternative(self.chosen?)
    }

    /// The conditions that close a way.
    pub fn blockers(&self) -> impl Iterator<Item = &Precondition> {
        self.preconditions.iter().filter(|condition| condition.state == State::Fail && !condition.blocks.is_empty())
    }

    /// Whether no way is open that merges anything.
    pub fn is_blocked(&self) -> bool {
        !self.alternatives.iter().any(|way| Method::IN_PLACE.contains(&way.method) && way.is_open())
    }

    /// What is to be found afterwards. `also` are the hashes of the disks of [`Course::also`], in their order, as far as
    /// there are any.
    pub fn expectation(&self, facts: &Facts<'_>, also: &[Option<ContentHash>]) -> Expectation {
        let text = |file: &crate::chain::FileNo| PathText::of(facts.path(*file));
        let outcome = |way: &Alternative| {
            let size = way.bill.as_ref()?.final_size?;
            Some(Outcome {
                method: way.method.name().to_owned(),
                size_least_bytes: size.least.0,
                size_most_bytes: size.most.0,
            })
        };
        let size = |course: &Course| facts.image(course.top()).and_then(crate::image::Image::virtual_size);
        let other = |(number, course): (usize, &Course)| {
            Some(AlsoExpected {
                file: text(&course.top()),
                survivor: text(&course.target?),
                virtual_size_bytes: size(course).map(|size| size.0),
                sources: course.merged.iter().map(text).collect(),
                relinked: course.above.iter().map(text).collect(),
                below: course.below.iter().map(text).collect(),
                content_hash: also.get(number).cloned().flatten(),
            })
        };
        Expectation {
            survivor: self.course.target.as_ref().map(text),
            virtual_size_bytes: size(&self.course).map(|size| size.0),
            outcomes: self.alternatives.iter().filter(|way| way.is_open()).filter_map(outcome).collect(),
            sources: self.course.merged.iter().map(text).collect(),
            relinked: self.course.above.iter().map(text).collect(),
            also: self.course.also.iter().enumerate().filter_map(other).collect(),
        }
    }
}

impl Method {
    /// The way as the arithmetic of merges knows it.
    pub fn of_merge(self) -> Merge {
        match self {
            Self::Native => Merge::DeleteCheckpoint,
            Self::OnePass => Merge::SinglePass,
            Self::Pairwise => Merge::PairwiseTopDown,
            Self::Export => Merge::Export(None),
            Self::Leave => Merge::Leave,
        }
    }

    /// The ways, as that arithmetic knows them, that may be gone for this one: Hyper-V chooses its own order, anything
    /// from one pass to pair by pair.
    fn is(self, merge: Merge) -> bool {
        let is_other = matches!(merge, Merge::PairwiseTopDown | Merge::PairwiseBottomUp);
        self.of_merge() == merge || self == Self::Native && is_other
    }
}

/// What a way costs; `None` where that is not known of every disk that it merges.
fn bill(method: Method, costs: &[Cost], also: &[Result<Vec<Cost>>]) -> Option<Bill> {
    let orders = |costs: &[Cost]| -> Option<Vec<Cost>> {
        let orders: Vec<Cost> = costs.iter().filter(|cost| method.is(cost.method)).cloned().collect();
        (!orders.is_empty()).then_some(orders)
    };
    let also = if method == Method::Native { also } else { &[] };
    let others = also.iter().map(|costs| orders(costs.as_ref().ok()?));
    let disks: Option<Vec<Vec<Cost>>> = [orders(costs)].into_iter().chain(others).collect();
    Some(Bill::new(disks?))
}

/// Beside the named file, under the name of the base: `web.vhdx` gives `web-export.vhdx`.
fn new_disk(facts: &Facts<'_>, course: &Course, names: &WindowsNames) -> WindowsName {
    let stem_of = course.chain().last().copied().unwrap_or(course.top());
    let Some(stem) = facts.path(stem_of).file_stem().and_then(|stem| stem.to_str()) else {
        return WindowsName::Unknown;
    };
    let folder = facts::folder(facts.path(course.top()));
    let is_free = |name: &String| {
        !facts.files.iter().any(|file| {
            let known = file.path.file_name().unwrap_or_default().to_string_lossy();
            crate::chain::windows_path::eq_ignore_case(&known, name) && facts::folder(&file.path) == folder
        })
    };
    let named = |number: u32| match number {
        1 => format!("{stem}-export.vhdx"),
        number => format!("{stem}-export-{number}.vhdx"),
    };
    let name = (1..1000).map(named).find(is_free).unwrap_or_else(|| named(1000));
    names.get(course.top()).beside(&name)
}
