using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Zhengtong.Kernel;

/// <summary>Database refusals that slices turn into problems.</summary>
internal static class DatabaseErrors
{
    /// <summary>True when a unique index refused the row: PostgreSQL 23505, SQLite 2067 or 1555.</summary>
    internal static bool IsUniqueViolation(this DbUpdateException failure) => failure.InnerException switch
    {
        PostgresException e => e.SqlState == PostgresErrorCodes.UniqueViolation,
        SqliteException e => e.SqliteExtendedErrorCode is 2067 or 1555,
        _ => false,
    };

    /// <summary>True when another save was faster: the row changed meanwhile, a unique index refused, or of two that waited for one another the database ended this one (PostgreSQL 40P01).</summary>
    internal static bool IsLostRace(Exception failure) => failure switch
    {
        DbUpdateConcurrencyException => true,
        DbUpdateException e when e.IsUniqueViolation() => true,
        PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected } => true,
        _ => failure.InnerException is { } cause && IsLostRace(cause),
    };

    /// <summary>True when a disk, or what an account may have of one, is used up: PostgreSQL 53100; SQLite 13, or 4874 for the memory it shares beside its log; of files 28 and 122 of Linux.</summary>
    internal static bool IsOutOfSpace(Exception failure) => failure switch
    {
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } => true,
        SqliteException { SqliteErrorCode: 13 } or SqliteException { SqliteExtendedErrorCode: 4874 } => true,
        IOException { HResult: 28 or 122 } => true,
        _ => failure.InnerException is { } cause && IsOutOfSpace(cause),
    };

    /// <summary>True when a foreign key refused the deletion of a row that another refers to: PostgreSQL 23503 or 23001, SQLite 787 or 1811.</summary>
    internal static bool IsStillReferenced(Exception failure) => ((failure as DbUpdateException)?.InnerException ?? failure) switch
    {
        PostgresException e => e.SqlState is PostgresErrorCodes.ForeignKeyViolation or PostgresErrorCodes.RestrictViolation,
        SqliteException e => e.SqliteExtendedErrorCode is 787 or 1811,
        _ => false,
    };
}
