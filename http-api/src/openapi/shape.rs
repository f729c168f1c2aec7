//! The shape of JSON, read off the very code that parses it.
//!
//! A type is deserialized from a source that records what it is asked for (these fields, a list, one of these
//! words) and always answers with something acceptable. So the description cannot say anything that the parser does
//! not do. What one run cannot tell is told by further runs that differ in one point: each variant of an enum is
//! chosen once; each field is left out once (it is required if that fails); each text is replaced by one that is no
//! instant (it is an instant if that fails). Whether a decimal is written as a number or as text is seen in what the
//! type serializes to.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Expected, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

/// The shape of a JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Any JSON.
    Anything,
    /// Null.
    Nothing,
    /// True or false.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A decimal of at most three places: read from a number or a text.
    Decimal,
    /// A text, of a format if it has one.
    Text(Option<&'static str>),
    /// A list.
    List(Box<Shape>),
    /// An object with keys of one's own.
    Keyed(Box<Shape>),
    /// Null as well.
    Optional(Box<Shape>),
    /// A struct or enum by its name.
    Named(String),
}

/// A struct or an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// An object with these fields.
    Fields(Vec<Field>),
    /// One of these words, or an object with one of them as its only key.
    Variants(Vec<Variant>),
}

/// A field of a struct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// Its name in JSON.
    pub(crate) name: &'static str,
    /// What it holds.
    pub(crate) shape: Shape,
    /// Whether it must be there.
    pub(crate) required: bool,
    /// Whether a decimal is written as text.
    pub(crate) decimal_as_text: bool,
}

/// A variant of an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variant {
    /// Its name in JSON.
    pub(crate) name: &'static str,
    /// What it carries; nothing for a mere word.
    pub(crate) content: Option<Shape>,
}

/// The shape of a type and of all that it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Description {
    /// The type itself.
    pub(crate) root: Shape,
    /// What its parts are.
    pub(crate) named: BTreeMap<String, Named>,
}

/// The one point in which a run differs from the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Twist {
    omit: Option<Place>,
    odd_text: Option<Place>,
}

/// A field of a struct.
type Place = (&'static str, &'static str);

/// What a run is to do, and what it has seen.
#[derive(Default)]
struct Run {
    twist: Twist,
    /// Which variant to choose, where not the first.
    chosen: BTreeMap<&'static str, usize>,
    structs: BTreeMap<&'static str, Vec<(&'static str, Shape)>>,
    enums: BTreeMap<&'static str, (&'static [&'static str], BTreeMap<usize, Option<Shape>>)>,
}

/// Deeper nesting than any type of this API has; a type that contains itself ends here.
const DEPTH_MAX: usize = 12;
const INSTANT: &str = "2000-01-01T00:00:00Z";
const DAY: &str = "2000-01-01";
const NIL: &str = "00000000-0000-0000-0000-000000000000";

/// Describes a type.
///
/// # Panics
/// When the type cannot be described: it is untagged, flattened, or refuses every text. A test meets it first.
pub(crate) fn describe<T: Serialize + DeserializeOwned>() -> Description {
    explore(std::any::type_name::<T>(), &run::<T>)
}

/// A run of one type.
type Runner<'t> = &'t dyn Fn(Run) -> Result<(Shape, Run, serde_json::Value), Stuck>;

fn explore(name: &str, run: Runner<'_>) -> Description {
    let (root, first, value) = run(Run::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut found = Found { structs: BTreeMap::new(), enums: BTreeMap::new(), as_text: BTreeMap::new() };
    found.take(first, &BTreeMap::new());
    found.look_at(&root, &value);
    while let Some((word, at)) = found.unexplored() {
        let mut chosen = found.enums[word].path.clone();
        chosen.insert(word, at);
        let explored = run(Run { chosen: chosen.clone(), ..Run::default() });
        let (_, run, value) =
            explored.unwrap_or_else(|error| panic!("{name}, variant {at} of {word}: {error}"));
        found.take(run, &chosen);
        found.enums.get_mut(word).expect("known").contents.entry(at).or_insert(None);
        found.look_at(&root, &value);
    }
    Description { root, named: found.finish(run) }
}

/// The names of the fields of a flat struct, such as the parameters of a query.
pub(crate) fn field_names<T: DeserializeOwned>() -> &'static [&'static str] {
    struct Names(RefCell<&'static [&'static str]>);

    impl<'de> Deserializer<'de> for &Names {
        type Error = Stuck;

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Stuck> {
            Err(Stuck("not a struct".to_owned()))
        }

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            _: V,
        ) -> Result<V::Value, Stuck> {
            *self.0.borrow_mut() = fields;
            Err(Stuck("seen enough".to_owned()))
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
            unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }

    let names = Names(RefCell::new(&[]));
    let _ = T::deserialize(&names);
    names.0.into_inner()
}

/// What all runs have seen together.
struct Found {
    structs: BTreeMap<&'static str, FoundStruct>,
    enums: BTreeMap<&'static str, FoundEnum>,
    /// Fields whose decimals are written as text.
    as_text: BTreeMap<Place, bool>,
}

struct FoundStruct {
    fields: Vec<(&'static str, Shape)>,
    /// The choices under which it is met.
    path: BTreeMap<&'static str, usize>,
}

struct FoundEnum {
    variants: &'static [&'static str],
    contents: BTreeMap<usize, Option<Shape>>,
    path: BTreeMap<&'static str, usize>,
}

impl Found {
    fn take(&mut self, run: Run, path: &BTreeMap<&'static str, usize>) {
        for (name, fields) in run.structs {
            self.structs.entry(name).or_insert_with(|| FoundStruct { fields, path: path.clone() });
        }
        for (name, (variants, contents)) in run.enums {
            let found = self.enums.entry(name).or_insert_with(|| FoundEnum {
                variants,
                contents: BTreeMap::new(),
                path: path.clone(),
            });
            found.contents.extend(contents);
        }
    }

    fn unexplored(&self) -> Option<(&'static str, usize)> {
        self.enums.iter().find_map(|(name, found)| {
            (0..found.variants.len()).find(|at| !found.contents.contains_key(at)).map(|at| (*name, at))
        })
    }

    /// Sees in a written value which decimals are texts.
    fn look_at(&mut self, shape: &Shape, value: &serde_json::Value) {
        match (shape, value) {
            (Shape::Optional(inner), value) => self.look_at(inner, value),
            (Shape::List(inner), serde_json::Value::Array(values)) => {
                values.iter().for_each(|value| self.look_at(inner, value));
            }
            (Shape::Keyed(inner), serde_json::Value::Object(values)) => {
                values.values().for_each(|value| self.look_at(inner, value));
            }
            (Shape::Named(name), serde_json::Value::Object(values)) => self.look_into(name, values),
            _ => {}
        }
    }

    fn look_into(&mut self, name: &str, values: &serde_json::Map<String, serde_json::Value>) {
        if let Some((word, found)) = self.structs.get_key_value(name) {
            let (word, fields) = (*word, found.fields.clone());
            for (field, shape) in fields {
                let Some(value) = values.get(field) else { continue };
                if leaf(&shape) == &Shape::Decimal {
                    self.as_text.insert((word, field), has_text(value));
                }
                self.look_at(&shape, value);
            }
        } else if let Some(found) = self.enums.get(name) {
            let contents: Vec<_> =
                found.contents.iter().map(|(at, content)| (*at, content.clone())).collect();
            let variants = found.variants;
            for (at, content) in contents {
                if let (Some(content), Some(value)) = (content, values.get(variants[at])) {
                    self.look_at(&content, value);
                }
            }
        }
    }

    fn finish(self, run: Runner<'_>) -> BTreeMap<String, Named> {
        let fails = |twist: Twist, path: &BTreeMap<&'static str, usize>| {
            run(Run { twist, chosen: path.clone(), ..Run::default() }).is_err()
        };
        let mut named = BTreeMap::new();
        for (name, found) in &self.structs {
            let field = |(field, shape): &(&'static str, Shape)| {
                let place = (*name, *field);
                let required = fails(Twist { omit: Some(place), odd_text: None }, &found.path);
                let plain = leaf(shape) == &Shape::Text(None);
                let instant = plain && fails(Twist { omit: None, odd_text: Some(place) }, &found.path);
                let shape =
                    if instant { with_leaf(shape, Shape::Text(Some("date-time"))) } else { shape.clone() };
                let decimal_as_text = self.as_text.get(&place).copied().unwrap_or(false);
                Field { name: field, shape, required, decimal_as_text }
            };
            named.insert((*name).to_owned(), Named::Fields(found.fields.iter().map(field).collect()));
        }
        for (name, found) in self.enums {
            let variant =
                |(at, content): (usize, Option<Shape>)| Variant { name: found.variants[at], content };
            named.insert(name.to_owned(), Named::Variants(found.contents.into_iter().map(variant).collect()));
        }
        named
    }
}

/// What stands at the end of lists and options.
fn leaf(shape: &Shape) -> &Shape {
    match shape {
        Shape::Optional(inner) | Shape::List(inner) | Shape::Keyed(inner) => leaf(inner),
        other => other,
    }
}

fn with_leaf(shape: &Shape, leaf: Shape) -> Shape {
    match shape {
        Shape::Optional(inner) => Shape::Optional(Box::new(with_leaf(inner, leaf))),
        Shape::List(inner) => Shape::List(Box::new(with_leaf(inner, leaf))),
        Shape::Keyed(inner) => Shape::Keyed(Box::new(with_leaf(inner, leaf))),
        _ => leaf,
    }
}

fn has_text(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(_) => true,
        serde_json::Value::Array(values) => values.iter().any(has_text),
        serde_json::Value::Object(values) => values.values().any(has_text),
        _ => false,
    }
}

fn run<T: Serialize + DeserializeOwned>(start: Run) -> Result<(Shape, Run, serde_json::Value), Stuck> {
    let run = RefCell::new(start);
    let mut shape = Shape::Anything;
    let value = T::deserialize(Recorder { run: &run, owner: None, depth: 0, shape: &mut shape })?;
    let value = serde_json::to_value(&value).map_err(|error| Stuck(error.to_string()))?;
    Ok((shape, run.into_inner(), value))
}

/// A run that could not go on.
#[derive(Debug)]
struct Stuck(String);

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Stuck {}

impl de::Error for Stuck {
    fn custom<M: fmt::Display>(message: M) -> Self {
        Self(message.to_string())
    }
}

/// The source that records.
struct Recorder<'r> {
    run: &'r RefCell<Run>,
    /// The field whose value this is, through lists and options.
    owner: Option<Place>,
    depth: usize,
    shape: &'r mut Shape,
}

impl<'r> Recorder<'r> {
    fn below<'s>(&self, owner: Option<Place>, shape: &'s mut Shape) -> Recorder<'s>
    where
        'r: 's,
    {
        Recorder { run: self.run, owner, depth: self.depth + 1, shape }
    }

    fn text<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stuck> {
        if expects(&visitor, "date") && !expects(&visitor, "time") {
            *self.shape = Shape::Text(Some("date"));
            return visitor.visit_str(DAY);
        }
        *self.shape = Shape::Text(None);
        let odd = self.owner.is_some() && self.run.borrow().twist.odd_text == self.owner;
        visitor.visit_str(if odd { "text" } else { INSTANT })
    }
}

/// Whether the visitor says that it expects something with this word in it.
fn expects<'de, V: Visitor<'de>>(visitor: &V, word: &str) -> bool {
    (visitor as &dyn Expected).to_string().contains(word)
}

macro_rules! leaves {
    ($($method:ident => $shape:expr, $visit:ident($value:expr);)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stuck> {
            *self.shape = $shape;
            visitor.$visit($value)
        })*
    };
}

impl<'de> Deserializer<'de> for Recorder<'_> {
    type Error = Stuck;

    leaves! {
        deserialize_bool => Shape::Boolean, visit_bool(false);
        deserialize_i8 => Shape::Integer, visit_i8(1);
        deserialize_i16 => Shape::Integer, visit_i16(1);
        deserialize_i32 => Shape::Integer, visit_i32(1);
        deserialize_i64 => Shape::Integer, visit_i64(1);
        deserialize_i128 => Shape::Integer, visit_i128(1);
        deserialize_u8 => Shape::Integer, visit_u8(1);
        deserialize_u16 => Shape::Integer, visit_u16(1);
        deserialize_u32 => Shape::Integer, visit_u32(1);
        deserialize_u64 => Shape::Integer, visit_u64(1);
        deserialize_u128 => Shape::Integer, visit_u128(1);
        deserialize_f32 => Shape::Number, visit_f32(1.0);
        deserialize_f64 => Shape::Number, visit_f64(1.0);
        deserialize_char => Shape::Text(None), visit_char('a');
        deserialize_bytes => Shape::List(Box::new(Shape::Integer)), visit_bytes(&[]);
        deserialize_byte_buf => Shape::List(Box::new(Shape::Integer)), visit_bytes(&[]);
    }

    /// Ids and amounts take more than one kind of JSON; they say what they expect.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stuck> {
        if expects(&visitor, "UUID") {
            *self.shape = Shape::Text(Some("uuid"));
            visitor.visit_str(NIL)
        } else if expects(&visitor, "decimal number") {
            *self.shape = Shape::Decimal;
            visitor.visit_str("1")
        } else {
            *self.shape = Shape::Anything;
            visitor.visit_unit()
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stuck> {
        self.text(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stuck> {
        self.text(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stuck> {
        let mut inner = Shape::Anything;
        let value = visitor.visit_some(self.below(self.owner, &mut inner))?;
        *self.shape = match inner {
            optional @ Shape::Optional(_) => optional,
            inner => Shape::Optional(Box::new(inner)),
        };
        Ok(value)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stuck> {
        *self.shape = Shape::Nothing;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Stuck> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Stuck> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stuck> {
        let mut inner = Shape::Anything;
        let value = visitor.visit_seq(One(Some(self.below(self.owner, &mut inner))))?;
        *self.shape = Shape::List(Box::new(inner));
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Stuck> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Stuck> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stuck> {
        let mut inner = Shape::Anything;
        let (run, depth, owner) = (self.run, self.depth, self.owner);
        let value = visitor.visit_map(OneEntry { run, depth, owner, key: true, shape: &mut inner })?;
        *self.shape = Shape::Keyed(Box::new(inner));
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stuck> {
        if self.depth > DEPTH_MAX {
            return Err(Stuck(format!("{name} contains itself")));
        }
        let mut seen = Vec::new();
        let (run, depth) = (self.run, self.depth);
        let value = visitor.visit_map(Fields {
            run,
            depth,
            name,
            fields: fields.iter(),
            current: None,
            seen: &mut seen,
        })?;
        run.borrow_mut().structs.entry(name).or_insert(seen);
        *self.shape = Shape::Named(name.to_owned());
        Ok(value)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stuck> {
        let at = self.run.borrow().chosen.get(name).copied().unwrap_or(0);
        let (run, depth) = (self.run, self.depth);
        let mut content = None;
        let value =
            visitor.visit_enum(Choice { run, depth, variant: variants[at], content: &mut content })?;
        run.borrow_mut()
            .enums
            .entry(name)
            .or_insert_with(|| (variants, BTreeMap::new()))
            .1
            .insert(at, content);
        *self.shape = Shape::Named(name.to_owned());
        Ok(value)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stuck> {
        self.text(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stuck> {
        visitor.visit_unit()
    }
}

/// A list of one element.
struct One<'r>(Option<Recorder<'r>>);

impl<'de> SeqAccess<'de> for One<'_> {
    type Error = Stuck;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Stuck> {
        self.0.take().map(|recorder| seed.deserialize(recorder)).transpose()
    }
}

/// A map of one entry, whose key is a nil id: text to some, an id to others.
struct OneEntry<'r> {
    run: &'r RefCell<Run>,
    depth: usize,
    owner: Option<Place>,
    key: bool,
    shape: &'r mut Shape,
}

impl<'de> MapAccess<'de> for OneEntry<'_> {
    type Error = Stuck;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Stuck> {
        if !std::mem::replace(&mut self.key, false) {
            return Ok(None);
        }
        let mut key = Shape::Anything;
        let recorder = Recorder { run: self.run, owner: None, depth: self.depth + 1, shape: &mut key };
        seed.deserialize(recorder).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Stuck> {
        let (run, owner, depth) = (self.run, self.owner, self.depth + 1);
        seed.deserialize(Recorder { run, owner, depth, shape: &mut *self.shape })
    }
}

/// The fields of a struct, in order.
struct Fields<'r> {
    run: &'r RefCell<Run>,
    depth: usize,
    name: &'static str,
    fields: std::slice::Iter<'static, &'static str>,
    current: Option<&'static str>,
    seen: &'r mut Vec<(&'static str, Shape)>,
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Stuck;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Stuck> {
        let omit = self.run.borrow().twist.omit;
        self.current = self.fields.find(|field| omit != Some((self.name, field))).copied();
        self.current.map(|field| seed.deserialize(StrDeserializer::new(field))).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Stuck> {
        let field = self.current.ok_or_else(|| Stuck("a value before its key".to_owned()))?;
        let mut shape = Shape::Anything;
        let owner = Some((self.name, field));
        let value =
            seed.deserialize(Recorder { run: self.run, owner, depth: self.depth + 1, shape: &mut shape })?;
        self.seen.push((field, shape));
        Ok(value)
    }
}

/// The variant chosen in this run.
struct Choice<'r> {
    run: &'r RefCell<Run>,
    depth: usize,
    variant: &'static str,
    content: &'r mut Option<Shape>,
}

impl<'de> EnumAccess<'de> for Choice<'_> {
    type Error = Stuck;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Stuck> {
        let value = seed.deserialize(StrDeserializer::<Stuck>::new(self.variant))?;
        Ok((value, self))
    }
}

impl<'de> VariantAccess<'de> for Choice<'_> {
    type Error = Stuck;

    fn unit_variant(self) -> Result<(), Stuck> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Stuck> {
        let shape = self.content.insert(Shape::Anything);
        seed.deserialize(Recorder { run: self.run, owner: None, depth: self.depth + 1, shape })
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Stuck> {
        Err(Stuck(format!("the variant {} is a tuple", self.variant)))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stuck> {
        let shape = self.content.insert(Shape::Anything);
        let recorder = Recorder { run: self.run, owner: None, depth: self.depth + 1, shape };
        recorder.deserialize_struct(self.variant, fields, visitor)
    }
}

#[cfg(test)]
mod tests {
    use crdt_store::{DocumentId, Timestamp};
    use domain::{Date, Money, Quantity};
    use serde::Deserialize;

    use super::*;

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Sample {
        id: DocumentId,
        how_many: Quantity,
        #[serde(default)]
        price: Option<Money>,
        #[serde(with = "domain::instant")]
        at: Timestamp,
        day: Option<Date>,
        note: String,
        ends: Vec<End>,
        #[serde(default)]
        active: bool,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum End {
        Store(DocumentId),
        NoneAtAll,
        Partner(Inner),
    }

    #[derive(Serialize, Deserialize)]
    struct Inner {
        price: Money,
        by_key: BTreeMap<DocumentId, u32>,
    }

    #[test]
    fn what_is_described_is_what_is_parsed() {
        let description = describe::<Sample>();
        assert_eq!(description.root, Shape::Named("Sample".to_owned()));
        let Named::Fields(fields) = &description.named["Sample"] else { panic!("a struct") };
        let text = |format| Shape::Text(format);
        let optional = |shape| Shape::Optional(Box::new(shape));
        let seen: Vec<_> =
            fields.iter().map(|field| (field.name, field.shape.clone(), field.required)).collect();
        assert_eq!(
            seen,
            [
                ("id", text(Some("uuid")), true),
                ("howMany", Shape::Decimal, true),
                ("price", optional(Shape::Decimal), false),
                ("at", text(Some("date-time")), true),
                ("day", optional(text(Some("date"))), false),
                ("note", text(None), true),
                ("ends", Shape::List(Box::new(Shape::Named("End".to_owned()))), true),
                ("active", Shape::Boolean, false),
            ]
        );
        assert!(!fields[1].decimal_as_text && fields[2].decimal_as_text);
        let Named::Variants(variants) = &description.named["End"] else { panic!("an enum") };
        let named: Vec<_> =
            variants.iter().map(|variant| (variant.name, variant.content.is_some())).collect();
        assert_eq!(named, [("store", true), ("none-at-all", false), ("partner", true)]);
        let Named::Fields(inner) = &description.named["Inner"] else { panic!("a struct") };
        assert!(inner[0].required && inner[0].decimal_as_text);
        assert_eq!(inner[1].shape, Shape::Keyed(Box::new(Shape::Integer)));
    }

    #[test]
    fn the_names_of_parameters_are_those_of_the_struct() {
        assert_eq!(field_names::<Inner>(), ["price", "by_key"]);
        assert_eq!(field_names::<u32>(), [""; 0]);
    }
}
