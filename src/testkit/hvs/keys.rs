//! The tree of keys that is to be written.

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Type 3.
    Int(i64),
    /// Type 4.
    UInt(u64),
    /// Type 5.
    Double(f64),
    /// Type 6.
    Text(String),
    /// Type 7.
    Bytes(Vec<u8>),
    /// Type 8.
    Bool(bool),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

/// Keys with their values, in the order in which they were added; siblings may share a name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Keys(pub(super) Vec<Node>);

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub parent: Option<usize>,
    pub name: String,
    /// `None` for a key that others stand below.
    pub value: Option<Value>,
}

impl Keys {
    /// No keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the value under a path of names after slashes, and adds what is missing of it.
    pub fn set(&mut self, path: &str, value: impl Into<Value>) -> &mut Self {
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        let parent = self.node(above);
        match self.find(parent, name) {
            Some(number) => {
                if let Some(node) = self.0.get_mut(number) {
                    node.value = Some(value.into());
                }
            }
            None => self.0.push(Node { parent, name: name.to_owned(), value: Some(value.into()) }),
        }
        self
    }

    /// The number of the key under a path, added where it is missing; `None` for the root.
    pub fn node(&mut self, path: &str) -> Option<usize> {
        path.split('/')
            .filter(|name| !name.is_empty())
            .fold(None, |parent, name| Some(self.find(parent, name).unwrap_or_else(|| self.add_node(parent, name))))
    }

    /// Adds a key that others stand below, whether or not there is one of that name.
    pub fn add_node(&mut self, parent: Option<usize>, name: &str) -> usize {
        self.0.push(Node { parent, name: name.to_owned(), value: None });
        self.0.len() - 1
    }

    /// Adds a value, whether or not there is a key of that name.
    pub fn add_value(&mut self, parent: Option<usize>, name: &str, value: impl Into<Value>) -> &mut Self {
        self.0.push(Node { parent, name: name.to_owned(), value: Some(value.into()) });
        self
    }

    /// The names from the root to a key, each after a slash.
    pub fn path(&self, number: usize) -> String {
        let Some(node) = self.0.get(number) else { return String::new() };
        let above = node.parent.map(|parent| self.path(parent)).unwrap_or_default();
        format!("{above}/{}", node.name)
    }

    fn find(&self, parent: Option<usize>, name: &str) -> Option<usize> {
        self.0.iter().position(|node| node.parent == parent && node.name == name)
    }
}
