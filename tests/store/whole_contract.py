"""All that every store promises, in one class."""

from tests.store.contract import StoreContract
from tests.store.contract_calendars import CalendarContract
from tests.store.contract_changing import ChangingContract
from tests.store.contract_consents import ConsentContract
from tests.store.contract_history import HistoryContract
from tests.store.contract_large import LargeContract
from tests.store.contract_subscriptions import SubscriptionContract


class WholeContract(
    StoreContract,
    CalendarContract,
    SubscriptionContract,
    ChangingContract,
    ConsentContract,
    HistoryContract,
    LargeContract,
):
    """A subclass has the fixtures that `StoreContract` names."""
