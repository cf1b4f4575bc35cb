using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Kernel.Search;

/// <summary>Makes what the model cannot say: the full-text side of the search entries. It stands here and not in a migration, so that it is there whatever the migrations
/// were made from, and again after one that rebuilds the table and loses its triggers.</summary>
internal sealed class SearchTables : IStartupStep
{
    private static readonly string[] Postgres =
    [
        "ALTER TABLE kernel.search_entries ADD COLUMN IF NOT EXISTS vector tsvector GENERATED ALWAYS AS (array_to_tsvector(array_remove(string_to_array(title || ' ' || body, ' '), ''))) STORED",
        "CREATE INDEX IF NOT EXISTS ix_search_entries_vector ON kernel.search_entries USING gin (vector)",
    ];

    /// <summary>The tokenizer "ascii" takes every character beyond ASCII as part of a term: what the program has cut is cut no further. The name counts eight times the rest.</summary>
    private static readonly string[] SqliteTable =
    [
        "CREATE VIRTUAL TABLE search_index USING fts5(title, body, content='search_entries', content_rowid='id', tokenize='ascii', detail='column')",
        "INSERT INTO search_index(search_index, rank) VALUES ('rank', 'bm25(8.0, 1.0)')",
        "INSERT INTO search_index(search_index) VALUES ('rebuild')",
    ];

    private static readonly string[] SqliteTriggers =
    [
        "CREATE TRIGGER IF NOT EXISTS search_entries_inserted AFTER INSERT ON search_entries BEGIN INSERT INTO search_index(rowid, title, body) VALUES (new.id, new.title, new.body); END",
        "CREATE TRIGGER IF NOT EXISTS search_entries_deleted AFTER DELETE ON search_entries BEGIN INSERT INTO search_index(search_index, rowid, title, body) VALUES ('delete', old.id, old.title, old.body); END",
        """
        CREATE TRIGGER IF NOT EXISTS search_entries_updated AFTER UPDATE ON search_entries BEGIN
          INSERT INTO search_index(search_index, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);
          INSERT INTO search_index(rowid, title, body) VALUES (new.id, new.title, new.body);
        END
        """,
    ];

    public async Task RunAsync(IServiceProvider scope, CancellationToken ct)
    {
        var db = scope.GetRequiredService<ZhengtongDb>();
        string[] statements = !db.Database.IsSqlite() ? Postgres
            : await db.Database.SqlQuery<long>($"SELECT count(*) AS \"Value\" FROM sqlite_master WHERE name = 'search_index'").SingleAsync(ct) == 0 ? [.. SqliteTable, .. SqliteTriggers] : SqliteTriggers;
        // All or nothing: a table without its triggers would fall behind.
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        foreach (var statement in statements) { await db.Database.ExecuteSqlRawAsync(statement, ct); }
        await transaction.CommitAsync(ct);
    }
}
