// Writers of one cluster take turns, in whichever process they are: an advisory lock of database postgres is held while roles,
// databases or claims are written. So two applies at once never meet "tuple concurrently updated" or a deadlock.
//
//     statements[0].text = lock_in_transaction() + statements[0].text;   // ends with its transaction
//     TRY_VOID(postgres.statement({lock_in_session()}, cancel));         // for what has no transaction; unlock_in_session()
//
// Each waits kLockAttempt; whoever still has no turn asks who_writes_query() and tries again.
#pragma once

#include <chrono>
#include <string>

namespace pigsty::module::pgsql {

// SQLSTATE lock_not_available.
inline constexpr const char* kLockNotAvailable = "55P03";
inline constexpr auto kLockAttempt = std::chrono::seconds(4);
// For a turn. Another's turn lasts as long as a CREATE DATABASE or a baseline does.
inline constexpr auto kTurnWait = std::chrono::minutes(10);

std::string lock_in_transaction();
std::string lock_in_session();
std::string unlock_in_session();
// "terraform-provider-pigsty ann@ops-1 4711 (process 8123, since 10:15:02)": who has the turn; empty where nobody has.
std::string who_writes_query();
// What pg_stat_activity calls a writer of this process.
std::string writer_name();

}  // namespace pigsty::module::pgsql
