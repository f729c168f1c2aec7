//! Wishes: what people want of a device, as data, so that the same wish can be pressed twice.

use crdt_store::{DocumentId, Failure, Txn, encode_row};
use domain::adjustment::{self, CreateAdjustment};
use domain::arrangement::{self, HoldLines, MoveContents, MoveLines};
use domain::asset::{self, AddAssetLog, CreateAsset};
use domain::barcode::{self, CorrectBarcode, LearnBarcode};
use domain::conflict::{self, SettleConflict};
use domain::import::{self, Begin, Tally, Undo, Values};
use domain::item::{self, CreateItem, UpdateItem};
use domain::item_variant::{self, CreateItemVariant};
use domain::location::{self, CreateLocation, UpdateLocation};
use domain::location_type::{self, CreateLocationType};
use domain::period_schedule::{self, CreatePeriodSchedule};
use domain::programme::order_type::{self, CreateOrderType};
use domain::programme::{self, CreateProgramme};
use domain::repack::{self, CreateRepack};
use domain::requisition::{
    self, AddLines, Approve, CreateRequisition, LineSelection, Supply, TakeAmendment,
    UpdateLine as UpdateOrderLine,
};
use domain::rnr::{self, ConfirmLines, CreateRnrForm, FillLines};
use domain::share::{self, AskShare, GiveShare};
use domain::shipment::{
    self, AddLine, Allocate, CreateInbound, CreateOutbound, Issue, Receive, ReturnGoods, SetChecked,
    SetReceived, SetStatus, SettleLine, TakeBack, UpdateLine,
};
use domain::stock_line::{self, CreateStockLine, ObserveVvm, UpdateStockLine};
use domain::stocktake::{self, CountLines, CreateStocktake, Finalise, KeepCount, SettleLate};
use domain::{Caller, Role};

/// What somebody wants done.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    OpenLine(CreateStockLine),
    HoldLine(DocumentId, UpdateStockLine),
    AnnotateLine(DocumentId, UpdateStockLine),
    SettleConflict(DocumentId, SettleConflict),
    MakeLocation(CreateLocation),
    ChangeLocation(DocumentId, UpdateLocation),
    MoveLines(MoveLines),
    MoveContents(DocumentId, MoveContents),
    HoldLines(HoldLines),
    ObserveVvm(DocumentId, ObserveVvm),
    Repack(CreateRepack),
    AskShare(DocumentId, AskShare),
    GiveShare(DocumentId, GiveShare),
    AnswerShares(DocumentId),
    DivideShares(DocumentId),
    Adjust(CreateAdjustment),
    BeginStocktake(CreateStocktake),
    Count(DocumentId, CountLines),
    KeepCount(DocumentId, KeepCount),
    Finalise(DocumentId, Finalise),
    CancelStocktake(DocumentId),
    SettleLate(DocumentId, SettleLate),
    Issue(Issue),
    Draft(CreateOutbound),
    Inbound(CreateInbound),
    GiveBack(ReturnGoods),
    TakeBack(TakeBack),
    Check(DocumentId, DocumentId, SetChecked),
    Allocate(DocumentId),
    AddLine(DocumentId, AddLine),
    UpdateLine(DocumentId, DocumentId, UpdateLine),
    RemoveLine(DocumentId, DocumentId),
    Advance(DocumentId, SetStatus),
    Cancel(DocumentId),
    Receive(DocumentId, Receive),
    SetReceived(DocumentId, DocumentId, SetReceived),
    Verify(DocumentId),
    SettleLine(DocumentId, DocumentId, SettleLine),
    SettleCancel(DocumentId),
    Order(CreateRequisition),
    AddOrderLines(DocumentId, AddLines),
    ChangeOrderLine(DocumentId, DocumentId, UpdateOrderLine),
    StrikeOrderLine(DocumentId, DocumentId),
    UseSuggested(DocumentId),
    SendOrder(DocumentId),
    DiscardOrder(DocumentId),
    Supply(DocumentId, DocumentId, Supply),
    SupplyAsRequested(DocumentId),
    SupplyFairly(DocumentId),
    Decide(DocumentId, Approve),
    TakeAmendment(DocumentId, DocumentId, TakeAmendment),
    ShipOrder(DocumentId),
    FinaliseOrder(DocumentId),
    MakeForm(CreateRnrForm),
    FillForm(DocumentId, FillLines),
    ConfirmForm(DocumentId, ConfirmLines),
    RefreshForm(DocumentId),
    FinaliseForm(DocumentId),
    DiscardForm(DocumentId),
    PutFormAside(DocumentId),
    RegisterAsset(CreateAsset),
    LogAsset(DocumentId, AddAssetLog),
    LearnBarcode(LearnBarcode),
    CorrectBarcode(DocumentId, CorrectBarcode),
    ForgetBarcode(DocumentId),
    BeginImport(Begin),
    ApplyImport(DocumentId, Vec<(u32, Values)>),
    FinishImport(DocumentId, Tally),
    UndoImport(DocumentId, Undo),
    SettleUndo(DocumentId),
    CreateProgramme(CreateProgramme),
    CreateOrderType(DocumentId, CreateOrderType),
    CreatePeriodSchedule(CreatePeriodSchedule),
    CreateVariant(CreateItemVariant),
    CreateLocationType(CreateLocationType),
    CreateItem(CreateItem),
    EditItem(DocumentId, UpdateItem),
}

/// Who wishes, and under which pretence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wisher {
    /// Somebody at work in a store.
    Storekeeper(DocumentId),
    /// The administrator at central.
    Administrator,
    /// Somebody at a site who tries what only central may do.
    Intruder,
    /// A program at a site that says it were central.
    Impostor,
}

/// A wish, with what makes it recognizable.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    /// Counts all wishes of the world.
    pub(crate) number: u64,
    pub(crate) wisher: Wisher,
    /// On the heap: deeds are large and wishes travel in queues.
    pub(crate) deed: Box<Deed>,
    /// The idempotency key.
    pub(crate) key: String,
    /// Stands in the document that the wish makes, if it makes one.
    pub(crate) token: Option<String>,
    /// How many times it was pressed before.
    pub(crate) presses: u32,
}

impl Wisher {
    fn caller(self) -> Caller {
        match self {
            Self::Storekeeper(store) => Caller { store: Some(store), ..Caller::system(Role::Site) },
            Self::Administrator | Self::Impostor => Caller::system(Role::Central),
            Self::Intruder => Caller::system(Role::Site),
        }
    }
}

impl Deed {
    /// The kind, for reports.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::OpenLine(_) => "open stock line",
            Self::HoldLine(..) => "hold stock line",
            Self::AnnotateLine(..) => "annotate stock line",
            Self::SettleConflict(..) => "settle conflict",
            Self::MakeLocation(_) => "make location",
            Self::ChangeLocation(..) => "change location",
            Self::MoveLines(_) => "move stock lines",
            Self::MoveContents(..) => "move contents",
            Self::HoldLines(_) => "hold stock lines",
            Self::ObserveVvm(..) => "look at monitor",
            Self::Repack(_) => "repack",
            Self::AskShare(..) => "ask for share",
            Self::GiveShare(..) => "give share",
            Self::AnswerShares(_) => "answer for shares",
            Self::DivideShares(_) => "divide shares",
            Self::Adjust(_) => "adjust",
            Self::BeginStocktake(_) => "begin stocktake",
            Self::Count(..) => "count",
            Self::KeepCount(..) => "keep count",
            Self::Finalise(..) => "finalise stocktake",
            Self::CancelStocktake(_) => "cancel stocktake",
            Self::SettleLate(..) => "settle late counts",
            Self::Issue(_) => "issue",
            Self::Draft(_) => "draft shipment",
            Self::Inbound(_) => "enter delivery",
            Self::GiveBack(_) => "give back",
            Self::TakeBack(_) => "take back",
            Self::Check(..) => "check boxes",
            Self::Allocate(_) => "allocate",
            Self::AddLine(..) => "add line",
            Self::UpdateLine(..) => "update line",
            Self::RemoveLine(..) => "remove line",
            Self::Advance(..) => "advance shipment",
            Self::Cancel(_) => "cancel shipment",
            Self::Receive(..) => "receive",
            Self::SetReceived(..) => "correct receipt",
            Self::Verify(_) => "verify",
            Self::SettleLine(..) => "settle amendment",
            Self::SettleCancel(_) => "settle cancellation",
            Self::Order(_) => "make order",
            Self::AddOrderLines(..) => "add to order",
            Self::ChangeOrderLine(..) => "change order",
            Self::StrikeOrderLine(..) => "strike from order",
            Self::UseSuggested(_) => "use suggested",
            Self::SendOrder(_) => "send order",
            Self::DiscardOrder(_) => "discard order",
            Self::Supply(..) => "give for order",
            Self::SupplyAsRequested(_) => "give as ordered",
            Self::SupplyFairly(_) => "give fairly",
            Self::Decide(..) => "decide on order",
            Self::TakeAmendment(..) => "settle order amendment",
            Self::ShipOrder(_) => "ship order",
            Self::FinaliseOrder(_) => "finalise order",
            Self::MakeForm(_) => "make form",
            Self::FillForm(..) => "fill form",
            Self::ConfirmForm(..) => "confirm form",
            Self::RefreshForm(_) => "refresh form",
            Self::FinaliseForm(_) => "finalise form",
            Self::DiscardForm(_) => "discard form",
            Self::PutFormAside(_) => "put aside for form",
            Self::RegisterAsset(_) => "register asset",
            Self::LogAsset(..) => "log asset",
            Self::LearnBarcode(_) => "learn barcode",
            Self::CorrectBarcode(..) => "correct barcode",
            Self::ForgetBarcode(_) => "forget barcode",
            Self::BeginImport(_) => "begin import",
            Self::ApplyImport(..) => "carry out import",
            Self::FinishImport(..) => "finish import",
            Self::UndoImport(..) => "take import back",
            Self::SettleUndo(_) => "settle undo",
            Self::CreateProgramme(_) => "create programme",
            Self::CreateOrderType(..) => "create order type",
            Self::CreatePeriodSchedule(_) => "create period schedule",
            Self::CreateVariant(_) => "create variant",
            Self::CreateLocationType(_) => "create location type",
            Self::CreateItem(_) => "create item",
            Self::EditItem(..) => "edit item",
        }
    }

    /// Carries the deed out; the reply is CBOR.
    pub(crate) fn carry_out(&self, wisher: Wisher, txn: &mut Txn<'_>) -> Result<Vec<u8>, Failure> {
        let caller = &wisher.caller();
        Ok(match self {
            Self::OpenLine(command) => encode_row(&stock_line::create(txn, caller, command)?),
            Self::HoldLine(id, command) | Self::AnnotateLine(id, command) => {
                encode_row(&stock_line::update(txn, caller, *id, command)?)
            }
            Self::SettleConflict(id, command) => encode_row(&conflict::settle(txn, caller, *id, command)?),
            Self::MakeLocation(command) => encode_row(&location::create(txn, caller, command)?),
            Self::ChangeLocation(id, command) => encode_row(&location::update(txn, caller, *id, command)?),
            Self::MoveLines(command) => encode_row(&arrangement::move_lines(txn, caller, command)?),
            Self::MoveContents(id, command) => {
                encode_row(&arrangement::move_contents(txn, caller, *id, command)?)
            }
            Self::HoldLines(command) => encode_row(&arrangement::hold_lines(txn, caller, command)?),
            Self::ObserveVvm(id, command) => encode_row(&stock_line::observe_vvm(txn, caller, *id, command)?),
            Self::Repack(command) => encode_row(&repack::create(txn, caller, command)?),
            Self::AskShare(id, command) => encode_row(&share::ask(txn, caller, *id, command)?),
            Self::GiveShare(id, command) => encode_row(&share::give(txn, caller, *id, command)?),
            Self::AnswerShares(store) => encode_row(&share::answer(txn, caller, *store)?),
            Self::DivideShares(store) => encode_row(&share::divide(txn, caller, *store)?),
            Self::Adjust(command) => encode_row(&adjustment::create(txn, caller, command)?),
            Self::BeginStocktake(command) => encode_row(&stocktake::create(txn, caller, command)?),
            Self::Count(id, command) => encode_row(&stocktake::count(txn, caller, *id, command)?),
            Self::KeepCount(id, command) => encode_row(&stocktake::keep(txn, caller, *id, command)?),
            Self::Finalise(id, command) => encode_row(&stocktake::finalise(txn, caller, *id, command)?),
            Self::CancelStocktake(id) => encode_row(&stocktake::cancel(txn, caller, *id)?),
            Self::SettleLate(id, command) => encode_row(&stocktake::settle_late(txn, caller, *id, command)?),
            Self::Issue(command) => encode_row(&shipment::issue(txn, caller, command)?),
            Self::Draft(command) => encode_row(&shipment::create_outbound(txn, caller, command)?),
            Self::Inbound(command) => encode_row(&shipment::create_inbound(txn, caller, command)?),
            Self::GiveBack(command) => encode_row(&shipment::return_goods(txn, caller, command)?),
            Self::TakeBack(command) => encode_row(&shipment::take_back(txn, caller, command)?),
            Self::Check(id, line, command) => {
                encode_row(&shipment::set_checked(txn, caller, *id, *line, command)?)
            }
            Self::Allocate(id) => encode_row(&shipment::allocate(txn, caller, *id, &Allocate::default())?),
            Self::AddLine(id, command) => encode_row(&shipment::add_line(txn, caller, *id, command)?),
            Self::UpdateLine(id, line, command) => {
                encode_row(&shipment::update_line(txn, caller, *id, *line, command)?)
            }
            Self::RemoveLine(id, line) => encode_row(&shipment::remove_line(txn, caller, *id, *line)?),
            Self::Advance(id, command) => encode_row(&shipment::set_status(txn, caller, *id, command)?),
            Self::Cancel(id) => encode_row(&shipment::cancel(txn, caller, *id)?),
            Self::Receive(id, command) => encode_row(&shipment::receive(txn, caller, *id, command)?),
            Self::SetReceived(id, line, command) => {
                encode_row(&shipment::set_received(txn, caller, *id, *line, command)?)
            }
            Self::Verify(id) => encode_row(&shipment::verify(txn, caller, *id)?),
            Self::SettleLine(id, line, command) => {
                encode_row(&shipment::settle_line(txn, caller, *id, *line, command)?)
            }
            Self::SettleCancel(id) => encode_row(&shipment::settle_cancel(txn, caller, *id)?),
            Self::Order(command) => encode_row(&requisition::create(txn, caller, command)?),
            Self::AddOrderLines(id, command) => {
                encode_row(&requisition::add_lines(txn, caller, *id, command)?)
            }
            Self::ChangeOrderLine(id, item, command) => {
                encode_row(&requisition::update_line(txn, caller, *id, *item, command)?)
            }
            Self::StrikeOrderLine(id, item) => {
                encode_row(&requisition::remove_line(txn, caller, *id, *item)?)
            }
            Self::UseSuggested(id) => {
                encode_row(&requisition::use_suggested(txn, caller, *id, &LineSelection::default())?)
            }
            Self::SendOrder(id) => encode_row(&requisition::send(txn, caller, *id)?),
            Self::DiscardOrder(id) => encode_row(&requisition::discard(txn, caller, *id)?),
            Self::Supply(id, item, command) => {
                encode_row(&requisition::supply(txn, caller, *id, *item, command)?)
            }
            Self::SupplyAsRequested(id) => {
                encode_row(&requisition::supply_as_requested(txn, caller, *id, &LineSelection::default())?)
            }
            Self::SupplyFairly(id) => {
                encode_row(&requisition::supply_fairly(txn, caller, *id, &LineSelection::default())?)
            }
            Self::Decide(id, command) => encode_row(&requisition::approve(txn, caller, *id, command)?),
            Self::TakeAmendment(id, item, command) => {
                encode_row(&requisition::take_amendment(txn, caller, *id, *item, *command)?)
            }
            Self::ShipOrder(id) => {
                encode_row(&requisition::ship(txn, caller, *id, &LineSelection::default())?)
            }
            Self::FinaliseOrder(id) => encode_row(&requisition::finalise(txn, caller, *id)?),
            Self::MakeForm(command) => encode_row(&rnr::create(txn, caller, command)?),
            Self::FillForm(id, command) => encode_row(&rnr::fill(txn, caller, *id, command)?),
            Self::ConfirmForm(id, command) => encode_row(&rnr::confirm(txn, caller, *id, command)?),
            Self::RefreshForm(id) => encode_row(&rnr::refresh(txn, caller, *id)?),
            Self::FinaliseForm(id) => encode_row(&rnr::finalise(txn, caller, *id)?),
            Self::DiscardForm(id) => encode_row(&rnr::discard(txn, caller, *id)?),
            Self::PutFormAside(id) => encode_row(&rnr::put_aside(txn, caller, *id)?),
            Self::RegisterAsset(command) => encode_row(&asset::create(txn, caller, command)?),
            Self::LogAsset(id, command) => encode_row(&asset::log(txn, caller, *id, command)?),
            Self::LearnBarcode(command) => encode_row(&barcode::learn(txn, caller, command)?),
            Self::CorrectBarcode(id, command) => encode_row(&barcode::correct(txn, caller, *id, command)?),
            Self::ForgetBarcode(id) => encode_row(&barcode::forget(txn, caller, *id)?),
            Self::BeginImport(wish) => encode_row(&import::begin(txn, caller, wish)?),
            Self::ApplyImport(id, rows) => encode_row(&import::apply(txn, caller, *id, rows)?),
            Self::FinishImport(id, tally) => encode_row(&import::finish(txn, caller, *id, tally)?),
            Self::UndoImport(id, wish) => encode_row(&import::undo(txn, caller, *id, wish)?),
            Self::SettleUndo(id) => encode_row(&import::settle_undo(txn, caller, *id, 0)?),
            Self::CreateProgramme(command) => encode_row(&programme::create(txn, caller, command)?),
            Self::CreateOrderType(programme, command) => {
                encode_row(&order_type::create(txn, caller, *programme, command)?)
            }
            Self::CreatePeriodSchedule(command) => {
                encode_row(&period_schedule::create(txn, caller, command)?)
            }
            Self::CreateVariant(command) => encode_row(&item_variant::create(txn, caller, command)?),
            Self::CreateLocationType(command) => encode_row(&location_type::create(txn, caller, command)?),
            Self::CreateItem(command) => encode_row(&item::create(txn, caller, command)?),
            Self::EditItem(id, command) => encode_row(&item::update(txn, caller, *id, command)?),
        })
    }
}

impl Wish {
    /// A hash of the request, for the idempotency key.
    pub(crate) fn digest(&self) -> [u8; 32] {
        *blake3::hash(format!("{:?} {:?}", self.wisher, self.deed).as_bytes()).as_bytes()
    }
}
