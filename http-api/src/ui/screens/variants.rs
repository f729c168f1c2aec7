//! Variants of an item: who makes it, how it is packed, how much room a pack takes. Central makes and changes them.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use crdt_store::{DocumentId, Snapshot};
use domain::item_variant::{self, CreateItemVariant, ItemVariantRow, Packaging, UpdateItemVariant, VvmType};
use domain::query::{self, reference};
use domain::{Quantity, Volume};
use maud::{Markup, html};

use super::items::{is_central_only, refused};
use crate::error::Problem;
use crate::ui::form::{Fields, Form, Input};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup::{self, Names};
use crate::ui::parts::{Tone, central_button, chip, empty, or_dash, title};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

const FIELDS: [&str; 13] = [
    "name",
    "manufacturer",
    "vvmType",
    "locationType",
    "primary/units",
    "primary/volume",
    "primary/gtin",
    "secondary/units",
    "secondary/volume",
    "secondary/gtin",
    "tertiary/units",
    "tertiary/volume",
    "tertiary/gtin",
];
const LEVELS: [&str; 3] = ["primary", "secondary", "tertiary"];

const VVM_TYPES: [(VvmType, &str); 6] = [
    (VvmType::Vvm2, "VVM2"),
    (VvmType::Vvm7, "VVM7"),
    (VvmType::Vvm11, "VVM11"),
    (VvmType::Vvm14, "VVM14"),
    (VvmType::Vvm30, "VVM30"),
    (VvmType::Vvm250, "VVM250"),
];

fn vvm_name(vvm_type: VvmType) -> &'static str {
    VVM_TYPES.iter().find(|(known, _)| *known == vvm_type).map_or("", |(_, name)| name)
}

fn refusal(visit: &Visit) -> Response {
    refused(visit, Section::Items, "nav-items", "/items")
}

fn litres(words: Words, volume: Volume) -> String {
    words.quantity(Quantity::from_thousandths(volume.thousandths()))
}

/// «100 (0.4 l) › 1,000 (4.2 l)».
fn boxes(words: Words, row: &ItemVariantRow) -> String {
    let one = |packaging: &Packaging| {
        let units = words.whole(packaging.units.into());
        packaging.volume.map_or(units.clone(), |volume| format!("{units} ({}\u{a0}l)", litres(words, volume)))
    };
    row.packagings().map(one).collect::<Vec<_>>().join(" › ")
}

/// The variants of an item, as a part of its page.
pub(super) fn card(visit: &Visit, read: &Snapshot, item: DocumentId) -> Result<Markup, Trouble> {
    let words = visit.words;
    let rows = reference::variants_of(read, item)?;
    let names = Names::new(read);
    let types = reference::location_types(read)?;
    let kept =
        |id: Option<DocumentId>| types.iter().find(|row| Some(row.id) == id).map(|row| row.name.as_str());
    let make = central_button(
        words,
        visit.is_central(),
        &format!("/items/{item}/variants/new"),
        "plus",
        &t!(words, "new-variant"),
    );
    Ok(html! {
        section class="card" id="variants" {
            header { h2 class="grow" { (t!(words, "variants")) } (make) }
            @if rows.is_empty() { (empty("boxes", &t!(words, "variants-empty"), &t!(words, "variants-empty-text"), html! {})) }
            @else { div class="scroll" { table {
                thead { tr {
                    th scope="col" { (t!(words, "name")) }
                    th scope="col" class="phone-hide" { (t!(words, "manufacturer")) }
                    th scope="col" class="phone-hide" { (t!(words, "vvm")) }
                    th scope="col" class="phone-hide" { (t!(words, "kept-at")) }
                    th scope="col" { (t!(words, "boxes")) }
                } }
                tbody { @for row in &rows { tr class={ @if !row.active { "is-held" } } {
                    td {
                        @if visit.is_central() { a class="row-link" href={ "/item-variants/" (row.id) } { (row.name) } } @else { (row.name) }
                        @if !row.active { " " (chip(Tone::Calm, "ban", &t!(words, "inactive"))) }
                    }
                    td class="phone-hide" { (or_dash(row.manufacturer.map(|id| names.anything(id)).as_deref())) }
                    td class="phone-hide" { (or_dash(row.vvm_type.map(vvm_name))) }
                    td class="phone-hide" { (or_dash(kept(row.location_type))) }
                    td { (or_dash(Some(boxes(words, row).as_str()).filter(|text| !text.is_empty()))) }
                } } }
            } } }
        }
    })
}

// ---- the form ----

/// What is said of one box.
fn box_fields(words: Words, fields: Fields<'_>, level: &str) -> Markup {
    let number = Input { inputmode: Some("numeric"), ..Input::default() };
    let decimal = Input { inputmode: Some("decimal"), ..Input::default() };
    html! {
        fieldset {
            legend { (words.code("box", level)) }
            div class="fields" {
                (fields.input(&format!("{level}/units"), &t!(words, "pack-size"), number))
                (fields.input(&format!("{level}/volume"), &t!(words, "volume-litres"), decimal))
                (fields.input(&format!("{level}/gtin"), &t!(words, "gtin"), number))
            }
        }
    }
}

fn page(
    visit: &Visit,
    item: DocumentId,
    id: Option<DocumentId>,
    form: &Form,
    problem: Option<&Problem>,
) -> Result<Response, Trouble> {
    let words = visit.words;
    let read = visit.read()?;
    let of = query::items::detail(&read, item)?;
    let none = || std::iter::once((String::new(), "—".to_owned()));
    let makers = none()
        .chain(lookup::manufacturers(&read)?.into_iter().map(|row| (row.id.to_string(), row.name)))
        .collect::<Vec<_>>();
    let types = none()
        .chain(reference::location_types(&read)?.into_iter().map(|row| (row.id.to_string(), row.name)))
        .collect::<Vec<_>>();
    let monitors = none()
        .chain(VVM_TYPES.iter().map(|(_, name)| ((*name).to_owned(), (*name).to_owned())))
        .collect::<Vec<_>>();
    let fields = Fields { words, form, problem };
    let name = id.map_or_else(|| t!(words, "new-variant"), |_| form.raw("name").to_owned());
    let action =
        id.map_or_else(|| format!("/items/{item}/variants/new"), |id| format!("/item-variants/{id}"));
    let back = format!("/items/{item}");
    let body = html! {
        (title(&name, html! { (of.name) " · " (of.unit) }, html! {}))
        form class="card" method="post" action=(action) {
            div class="pad stack" {
                (fields.alert(&FIELDS))
                div class="fields" {
                    (fields.input("name", &t!(words, "name"), Input { required: true, ..Input::default() }))
                    (fields.select("manufacturer", &t!(words, "manufacturer"), false, &makers))
                    @if of.is_vaccine { (fields.select("vvmType", &t!(words, "vvm"), false, &monitors)) }
                    (fields.select("locationType", &t!(words, "kept-at"), false, &types))
                }
                p class="hint" { (t!(words, "boxes-hint")) }
                @for level in LEVELS { (box_fields(words, fields, level)) }
                @if id.is_some() { (fields.check("active", &t!(words, "active"))) }
            }
            div class="bar" { button class="btn primary" { (icon("check")) (t!(words, "save")) } a class="btn quiet" href=(back) { (t!(words, "cancel")) } }
        }
    };
    let page =
        Page::new(Section::Items, name, body).below(t!(words, "nav-items"), "/items").below(of.name, back);
    let mut response = layout::page(visit, page);
    if problem.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// The form of a new variant; on a site, why there is none.
pub(in crate::ui) async fn new(visit: Visit, Path(item): Path<DocumentId>) -> Result<Response, Trouble> {
    if visit.is_central() { page(&visit, item, None, &Form::default(), None) } else { Ok(refusal(&visit)) }
}

/// A box as it was typed; none where no size was.
fn packaging(words: Words, form: &Form, level: &str) -> Result<Option<Packaging>, Problem> {
    let at = |field: &str| format!("{level}/{field}");
    let Some(units) = super::items::count(form, &at("units"))? else { return Ok(None) };
    let volume = match form.text(&at("volume")) {
        None => None,
        Some(_) => Some(form.quantity(words, &at("volume"), &format!("/{level}/volume"))?),
    };
    let volume = volume.map(|litres| Volume::from_thousandths(litres.thousandths()));
    Ok(Some(Packaging { units, volume, gtin: form.owned(&at("gtin")) }))
}

fn vvm_type_of(form: &Form) -> Option<VvmType> {
    VVM_TYPES.iter().find(|(_, name)| *name == form.raw("vvmType")).map(|(vvm_type, _)| *vvm_type)
}

/// Makes a variant.
pub(in crate::ui) async fn create(
    visit: Visit,
    Path(item): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let made = async {
        let words = visit.words;
        let command = CreateItemVariant {
            id: None,
            item,
            name: form.raw("name").to_owned(),
            manufacturer: form.id("manufacturer"),
            vvm_type: vvm_type_of(&form),
            location_type: form.id("locationType"),
            primary: packaging(words, &form, "primary")?,
            secondary: packaging(words, &form, "secondary")?,
            tertiary: packaging(words, &form, "tertiary")?,
        };
        let caller = visit.visitor.central_caller();
        Ok::<_, Problem>(visit.execute(move |txn| item_variant::create(txn, &caller, &command)).await?)
    };
    match made.await {
        Ok(_) => Ok(done(&format!("/items/{item}"), /*key*/ "toast-saved", "")),
        Err(problem) if is_central_only(&problem) => Ok(refusal(&visit)),
        Err(problem) => page(&visit, item, None, &form, Some(&problem)),
    }
}

/// One variant, at the centre.
pub(in crate::ui) async fn show(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    let words = visit.words;
    let row = reference::variant(&visit.read()?, id)?;
    if !visit.is_central() {
        return Ok(refusal(&visit));
    }
    let id_text = |id: Option<DocumentId>| id.map(|id| id.to_string()).unwrap_or_default();
    let mut form = Form::with(&[
        ("name", row.name.clone()),
        ("manufacturer", id_text(row.manufacturer)),
        ("vvmType", row.vvm_type.map(vvm_name).unwrap_or_default().to_owned()),
        ("locationType", id_text(row.location_type)),
    ]);
    for (level, packaging) in LEVELS.into_iter().zip([&row.primary, &row.secondary, &row.tertiary]) {
        let Some(packaging) = packaging else { continue };
        let volume =
            packaging.volume.map(|volume| words.input(Quantity::from_thousandths(volume.thousandths())));
        form.set(&format!("{level}/units"), packaging.units.to_string());
        form.set(&format!("{level}/volume"), volume.unwrap_or_default());
        form.set(&format!("{level}/gtin"), packaging.gtin.clone().unwrap_or_default());
    }
    if row.active {
        form.set("active", "yes".to_owned());
    }
    page(&visit, row.item, Some(id), &form, None)
}

/// Changes a variant.
pub(in crate::ui) async fn update(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let row = reference::variant(&visit.read()?, id)?;
    let changed = async {
        let words = visit.words;
        let command = UpdateItemVariant {
            name: Some(form.raw("name").to_owned()),
            manufacturer: Some(form.id("manufacturer")),
            vvm_type: form.has("vvmType").then(|| vvm_type_of(&form)),
            location_type: Some(form.id("locationType")),
            primary: Some(packaging(words, &form, "primary")?),
            secondary: Some(packaging(words, &form, "secondary")?),
            tertiary: Some(packaging(words, &form, "tertiary")?),
            active: Some(form.has("active")),
        };
        let caller = visit.visitor.central_caller();
        Ok::<_, Problem>(visit.execute(move |txn| item_variant::update(txn, &caller, id, &command)).await?)
    };
    match changed.await {
        Ok(()) => Ok(done(&format!("/items/{}", row.item), /*key*/ "toast-saved", "")),
        Err(problem) if is_central_only(&problem) => Ok(refusal(&visit)),
        Err(problem) => page(&visit, row.item, Some(id), &form, Some(&problem)),
    }
}
