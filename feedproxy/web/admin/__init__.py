"""The admin API: accounts and what is in them, for who has the administrator's token."""
