//! The description of the whole API, made from the table of addresses and from the code that parses its types.

pub(crate) mod shape;

use std::collections::BTreeMap;

use axum::http::Method;
use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem, PathsBuilder,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, KnownFormat, Object, ObjectBuilder, OneOfBuilder, SchemaFormat,
    SchemaType, Type,
};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ComponentsBuilder, Content, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required,
    Response, ResponseBuilder, Schema,
};

use crate::api::route::{Reply, Route};
use crate::error::{KNOWN, Known, Problem, known_code};
use shape::{Description, Field, Named, Shape, Variant};

/// What people should know before they read on.
const INTRODUCTION: &str = "\
The JSON API of one node of Tributary: of the central server, or of a device at a site. Both serve the same addresses; \
what the central server alone may do is refused on a site with `central-only`.

* Quantities are decimals of base units with at most three places; money is a decimal in a text; instants are RFC 3339, \
days ISO 8601, ids UUIDs.
* Lists are pages: `limit` (at most 500) and `cursor`, which is the `next` of the page before. Unknown parameters and \
unknown fields are errors.
* What changes something takes an `Idempotency-Key`: the same key with the same request has the same answer and one \
effect. Updates take `If-Match` with the ETag that was read: by custom an older one is merged, as the work of two \
devices is; with `Prefer: handling=strict` it is refused with `stale-heads`.
* An answer «no» is a problem of RFC 9457 with a stable `code`, pointers into the body, and what to do about it.";

/// The description of a table.
pub(crate) fn document(table: &[Route], version: &str) -> OpenApi {
    let mut schemas = Schemas::default();
    schemas.add(&shape::describe::<Problem>());
    let mut items: BTreeMap<&str, PathItem> = BTreeMap::new();
    for route in table {
        let item = PathItem::new(http_method(&route.method), operation(route, &mut schemas));
        match items.get_mut(route.path) {
            Some(known) => known.merge_operations(item),
            None => drop(items.insert(route.path, item)),
        }
    }
    let paths = items.into_iter().fold(PathsBuilder::new(), |paths, (path, item)| paths.path(path, item));
    let components = ComponentsBuilder::new()
        .schemas_from_iter(schemas.done)
        .security_scheme("bearer", bearer())
        .security_scheme("session", session())
        .build();
    let info = InfoBuilder::new().title("Tributary").version(version).description(Some(INTRODUCTION)).build();
    OpenApiBuilder::new().info(info).paths(paths).components(Some(components)).build()
}

fn bearer() -> SecurityScheme {
    let description = "An API token of POST /api/v1/session/tokens.";
    SecurityScheme::Http(
        HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(description)).build(),
    )
}

fn session() -> SecurityScheme {
    let description =
        "The cookie that POST /api/v1/session sets; its name ends with the beginning of the device's id.";
    SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description("tributary", description)))
}

fn http_method(method: &Method) -> HttpMethod {
    match *method {
        Method::GET => HttpMethod::Get,
        Method::POST => HttpMethod::Post,
        Method::PUT => HttpMethod::Put,
        Method::PATCH => HttpMethod::Patch,
        Method::DELETE => HttpMethod::Delete,
        ref other => unreachable!("the table has no {other}"),
    }
}

fn operation(route: &Route, schemas: &mut Schemas) -> Operation {
    let mut operation = OperationBuilder::new()
        .tag(route.tag)
        .summary(Some(route.summary))
        .operation_id(Some(operation_id(&route.method, route.path)));
    for name in path_parameters(route.path) {
        operation = operation.parameter(path_parameter(name));
    }
    let query = (route.query)();
    if let Shape::Named(name) = &query.root
        && let Some(Named::Fields(fields)) = query.named.get(name)
    {
        let words = Description { root: Shape::Anything, named: query.named.clone() };
        let words = schemas.add_all_but(&words, name);
        for field in fields {
            operation = operation.parameter(query_parameter(field, &words));
        }
    }
    if let Some(body) = route.body {
        let schema = schemas.add(&body());
        let body = RequestBodyBuilder::new().content("application/json", Content::new(Some(schema)));
        operation = operation.request_body(Some(body.required(Some(Required::True)).build()));
    }
    if route.method != Method::GET && !route.open {
        operation =
            operation.parameter(header("Idempotency-Key", "Makes a request that is sent twice one request."));
        if route.path.contains("{id}") {
            operation = operation.parameter(header("If-Match", "The ETag that was read."));
        }
    }
    let (status, reply) = reply(route, schemas);
    operation = operation.response(status, reply);
    for (status, codes) in problems(route) {
        operation = operation.response(status, problem_response(&codes));
    }
    if !route.open {
        let none: [&str; 0] = [];
        operation = operation
            .security(SecurityRequirement::new("bearer", none))
            .security(SecurityRequirement::new("session", none));
    }
    operation.build()
}

/// `POST /api/v1/outbound-shipments/{id}/ship` is `postOutboundShipmentsIdShip`.
fn operation_id(method: &Method, path: &str) -> String {
    let words = path.trim_start_matches("/api/v1").split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| !word.is_empty()).fold(method.as_str().to_lowercase(), |mut id, word| {
        id.push_str(&word[..1].to_uppercase());
        id.push_str(&word[1..]);
        id
    })
}

/// The names in braces.
pub(crate) fn path_parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

fn path_parameter(name: &str) -> Parameter {
    let schema = match name {
        "id" | "line" | "item" | "store" | "device" => formatted("uuid"),
        _ => typed(Type::String),
    };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .schema(Some(schema))
        .build()
}

fn query_parameter(field: &Field, names: &BTreeMap<String, String>) -> Parameter {
    let shape = match &field.shape {
        Shape::Optional(inner) => inner,
        other => other,
    };
    let builder = ParameterBuilder::new().name(field.name).parameter_in(ParameterIn::Query);
    let builder = builder.required(if field.required { Required::True } else { Required::False });
    let builder = builder.description(parameter_words(field.name));
    builder.schema(Some(schema_of(shape, field.decimal_as_text, names))).build()
}

/// What the parameters that many lists share mean.
fn parameter_words(name: &str) -> Option<&'static str> {
    Some(match name {
        "limit" => "Rows of the page: 1 to 500, 100 if absent.",
        "cursor" => "The `next` of the page before.",
        "storeId" => "The store; the session's if absent.",
        "language" => "The language of the headings, en or fr; the names of columns if absent.",
        "search" => "Text in names and codes; accents and case do not matter.",
        "since" => "Position in this node's log: the `next` of the page before, 0 for all.",
        _ => return None,
    })
}

fn header(name: &str, description: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(typed(Type::String)))
        .build()
}

fn reply(route: &Route, schemas: &mut Schemas) -> (String, Response) {
    match route.reply {
        Reply::Json(status, describe) => {
            let schema = schemas.add(&describe());
            let content = Content::new(Some(schema));
            (
                status.to_string(),
                ResponseBuilder::new().description("Done.").content("application/json", content).build(),
            )
        }
        Reply::Nothing => ("204".to_owned(), ResponseBuilder::new().description("Done.").build()),
        Reply::Media(kind) => {
            let content = ContentBuilder::new().schema(Some(typed(Type::String))).build();
            ("200".to_owned(), ResponseBuilder::new().description("Done.").content(kind, content).build())
        }
    }
}

/// The problems an address may answer with, by status.
fn problems(route: &Route) -> BTreeMap<String, Vec<&'static Known>> {
    let mut codes: Vec<&str> = vec!["storage-failed"];
    codes.extend(route.codes);
    codes.push(if route.method == Method::GET { "unknown-parameter" } else { "disk-full" });
    if !route.open {
        codes.extend(["unauthenticated", "not-permitted"]);
    }
    if route.central_only {
        codes.push("central-only");
    }
    if route.path.contains('{') {
        codes.push("not-found");
    }
    if route.body.is_some() {
        codes.extend(["malformed-json", "validation", "body-too-large", "unsupported-media-type", "busy"]);
        codes.extend(["idempotency-key-reused"]);
    }
    if route.body.is_some() && route.path.contains("{id}") {
        codes.push("stale-heads");
    }
    let mut by_status: BTreeMap<String, Vec<&'static Known>> = BTreeMap::new();
    for known in codes.into_iter().filter_map(known_code) {
        by_status.entry(known.status.to_string()).or_default().push(known);
    }
    by_status
}

fn problem_response(codes: &[&Known]) -> Response {
    let words: Vec<_> = codes.iter().map(|known| format!("`{}`: {}", known.code, known.title)).collect();
    let problem = Ref::from_schema_name("Problem");
    ResponseBuilder::new()
        .description(words.join("; "))
        .content("application/problem+json", Content::new(Some(problem)))
        .build()
}

/// The codes of the whole API, for people.
pub(crate) fn codes() -> &'static [Known] {
    KNOWN
}

/// The types of the whole API by name.
#[derive(Default)]
struct Schemas {
    done: BTreeMap<String, RefOr<Schema>>,
    known: BTreeMap<String, Named>,
}

impl Schemas {
    /// Adds a type and its parts, and refers to it.
    fn add(&mut self, description: &Description) -> RefOr<Schema> {
        let names = self.add_all_but(description, "");
        schema_of(&description.root, false, &names)
    }

    /// Adds the parts of a type but for one; what each is called from now on.
    ///
    /// The parser knows types by their last name only. A page is called after its rows; where two types have one
    /// name, the later one gets a number.
    fn add_all_but(&mut self, description: &Description, but: &str) -> BTreeMap<String, String> {
        let mut names = BTreeMap::new();
        for (name, named) in description.named.iter().filter(|(name, _)| *name != but) {
            let wanted = match (name.as_str(), named) {
                ("Page", Named::Fields(fields)) => format!("{}Page", row_name(fields)),
                (name, _) => name.to_owned(),
            };
            let free = (1..).map(|n| if n == 1 { wanted.clone() } else { format!("{wanted}{n}") });
            let mut free = free.skip_while(|name| self.known.get(name).is_some_and(|known| known != named));
            names.insert(name.clone(), free.next().unwrap_or(wanted));
        }
        for (name, named) in description.named.iter().filter(|(name, _)| *name != but) {
            let public = names[name].clone();
            self.known.entry(public.clone()).or_insert_with(|| named.clone());
            self.done.entry(public).or_insert_with(|| RefOr::T(named_schema(named, &names)));
        }
        names
    }
}

fn row_name(fields: &[Field]) -> &str {
    let rows = fields.iter().find_map(|field| match &field.shape {
        Shape::List(inner) => match &**inner {
            Shape::Named(name) => Some(name.as_str()),
            _ => None,
        },
        _ => None,
    });
    rows.unwrap_or("")
}

fn named_schema(named: &Named, names: &BTreeMap<String, String>) -> Schema {
    match named {
        Named::Fields(fields) => {
            let object = fields.iter().fold(ObjectBuilder::new(), |object, field| {
                let object =
                    object.property(field.name, schema_of(&field.shape, field.decimal_as_text, names));
                if field.required { object.required(field.name) } else { object }
            });
            Schema::Object(object.build())
        }
        Named::Variants(variants) => variants_schema(variants, names),
    }
}

fn variants_schema(variants: &[Variant], names: &BTreeMap<String, String>) -> Schema {
    let words: Vec<_> =
        variants.iter().filter(|variant| variant.content.is_none()).map(|variant| variant.name).collect();
    let word = || ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words.clone())).build();
    if words.len() == variants.len() {
        return Schema::Object(word());
    }
    let mut one_of = OneOfBuilder::new();
    if !words.is_empty() {
        one_of = one_of.item(Schema::Object(word()));
    }
    for variant in variants {
        if let Some(content) = &variant.content {
            let object = ObjectBuilder::new().property(variant.name, schema_of(content, false, names));
            one_of = one_of.item(Schema::Object(object.required(variant.name).build()));
        }
    }
    Schema::OneOf(one_of.build())
}

fn typed(kind: Type) -> RefOr<Schema> {
    RefOr::T(Schema::Object(Object::with_type(kind)))
}

fn formatted(format: &str) -> RefOr<Schema> {
    let format = match format {
        "date" => SchemaFormat::KnownFormat(KnownFormat::Date),
        "date-time" => SchemaFormat::KnownFormat(KnownFormat::DateTime),
        other => SchemaFormat::Custom(other.to_owned()),
    };
    RefOr::T(Schema::Object(ObjectBuilder::new().schema_type(Type::String).format(Some(format)).build()))
}

fn schema_of(shape: &Shape, decimal_as_text: bool, names: &BTreeMap<String, String>) -> RefOr<Schema> {
    let of = |shape| schema_of(shape, decimal_as_text, names);
    match shape {
        Shape::Anything => RefOr::T(Schema::Object(Object::with_type(SchemaType::AnyValue))),
        Shape::Nothing => typed(Type::Null),
        Shape::Boolean => typed(Type::Boolean),
        Shape::Integer => typed(Type::Integer),
        Shape::Number => typed(Type::Number),
        Shape::Decimal => decimal(decimal_as_text),
        Shape::Text(None) => typed(Type::String),
        Shape::Text(Some(format)) => formatted(format),
        Shape::List(inner) => RefOr::T(Schema::Array(ArrayBuilder::new().items(of(inner)).build())),
        Shape::Keyed(inner) => {
            let object =
                ObjectBuilder::new().additional_properties(Some(AdditionalProperties::RefOr(of(inner))));
            RefOr::T(Schema::Object(object.build()))
        }
        Shape::Optional(inner) => nullable(of(inner)),
        Shape::Named(name) => {
            let name = names.get(name).map_or(name.as_str(), String::as_str);
            RefOr::Ref(Ref::from_schema_name(name))
        }
    }
}

/// A quantity is written as a number, money as a text; both are read from either.
fn decimal(as_text: bool) -> RefOr<Schema> {
    let kind = if as_text { Type::String } else { Type::Number };
    let words = "A decimal with at most three places; read from a number and from a text.";
    RefOr::T(Schema::Object(ObjectBuilder::new().schema_type(kind).description(Some(words)).build()))
}

fn nullable(inner: RefOr<Schema>) -> RefOr<Schema> {
    let with_null = |kind: &SchemaType| match kind {
        SchemaType::Type(kind) => SchemaType::Array(vec![kind.clone(), Type::Null]),
        other => other.clone(),
    };
    match inner {
        RefOr::T(Schema::Object(mut object)) => {
            object.schema_type = with_null(&object.schema_type);
            RefOr::T(Schema::Object(object))
        }
        RefOr::T(Schema::Array(mut array)) => {
            array.schema_type = with_null(&array.schema_type);
            RefOr::T(Schema::Array(array))
        }
        other => RefOr::T(Schema::OneOf(OneOfBuilder::new().item(other).item(typed(Type::Null)).build())),
    }
}
