using Microsoft.Data.Sqlite;
using Zhengtong.Exchange.Files;

namespace Zhengtong.Exchange.Nodes.Machine;

/// <summary>A file of the outbox that this node has read once.</summary>
/// <param name="Origin">Tells it from any other: lower-case hex.</param>
/// <param name="Id">Its id.</param>
/// <param name="Resource">The resource it belongs to.</param>
/// <param name="Name">Its name.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Verdict">What was found out.</param>
/// <param name="Segments">SHA-256 of each segment's plaintext, one behind the other: what is encrypted later is what was read then.</param>
/// <param name="Key">The content key, sealed in the node's vault.</param>
internal sealed record OutgoingFile(string Origin, Guid Id, Guid Resource, string Name, long Length, NodeVerdict Verdict, byte[] Segments, byte[] Key);

/// <summary>The node's memory of files: what it read in its outbox, with the content keys that nobody else has, and what came into its inbox. Keys are sealed; of contents there are digests only.</summary>
internal sealed class NodeFileStore : NodeMemory
{
    private const string Tables =
        """
        CREATE TABLE IF NOT EXISTS outgoing (origin TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, resource TEXT NOT NULL, name TEXT NOT NULL, length INTEGER NOT NULL, sha256 TEXT NOT NULL,
          sm3 TEXT NOT NULL, verdict TEXT NOT NULL, finding TEXT, segments BLOB NOT NULL, content_key BLOB NOT NULL, handed_in INTEGER NOT NULL, done_at INTEGER) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS received (id TEXT PRIMARY KEY, agreement TEXT NOT NULL, name TEXT NOT NULL, length INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
        """;

    /// <summary>So many received files are remembered, to be shown.</summary>
    private const int MostReceived = 1000;

    private NodeFileStore(SqliteConnection connection) : base(connection) { }

    internal static Task<NodeFileStore> OpenAsync(string path, CancellationToken ct) => OpenAsync(path, Tables, connection => new NodeFileStore(connection), ct);

    /// <summary>The file of this origin; null before it was read.</summary>
    internal async Task<OutgoingFile?> FindAsync(string origin, CancellationToken ct) => (await FindAsync("origin", origin, ct)).SingleOrDefault();

    /// <summary>The file of this id; null when the node has forgotten it, or never had it.</summary>
    internal async Task<OutgoingFile?> FindAsync(Guid id, CancellationToken ct) => (await FindAsync("id", $"{id:D}", ct)).SingleOrDefault();

    internal Task KeepAsync(OutgoingFile file, CancellationToken ct) => ExecuteAsync(
        "INSERT INTO outgoing VALUES ($origin, $id, $resource, $name, $length, $sha256, $sm3, $verdict, $finding, $segments, $key, 0, NULL)",
        [("$origin", file.Origin), ("$id", $"{file.Id:D}"), ("$resource", $"{file.Resource:D}"), ("$name", file.Name), ("$length", file.Length), ("$sha256", file.Verdict.Sha256), ("$sm3", file.Verdict.Sm3),
            ("$verdict", file.Verdict.Check.ToString()), ("$finding", file.Verdict.Finding), ("$segments", file.Segments), ("$key", file.Key)], ct);

    /// <summary>So many bytes are at the platform; with the moment, all there will be.</summary>
    internal Task HandedInAsync(Guid id, long bytes, DateTimeOffset? doneAt, CancellationToken ct) => ExecuteAsync(
        "UPDATE outgoing SET handed_in = $bytes, done_at = coalesce(done_at, $at) WHERE id = $id", [("$id", $"{id:D}"), ("$bytes", bytes), ("$at", doneAt?.ToUnixTimeMilliseconds())], ct);

    /// <summary>Ids of all files whose content keys are here.</summary>
    internal async Task<IReadOnlyList<Guid>> IdsAsync(CancellationToken ct) => await QueryAsync("SELECT id FROM outgoing", [], r => Guid.Parse(r.GetString(0)), ct);

    /// <summary>Forgets a file with its content key.</summary>
    internal Task ForgetAsync(Guid id, CancellationToken ct) => ExecuteAsync("DELETE FROM outgoing WHERE id = $id", [("$id", $"{id:D}")], ct);

    /// <summary>A file is in the inbox and confirmed.</summary>
    internal Task ReceivedAsync(Guid recipient, string agreement, string name, long length, DateTimeOffset at, CancellationToken ct) => TogetherAsync(async () =>
    {
        await RunAsync("INSERT OR IGNORE INTO received VALUES ($id, $agreement, $name, $length, $at)",
            [("$id", $"{recipient:D}"), ("$agreement", agreement), ("$name", name), ("$length", length), ("$at", at.ToUnixTimeMilliseconds())], ct);
        await RunAsync("DELETE FROM received WHERE id NOT IN (SELECT id FROM received ORDER BY at DESC LIMIT $most)", [("$most", MostReceived)], ct);
    }, ct);

    /// <summary>The last files that went out, those that are under way first.</summary>
    internal async Task<IReadOnlyList<(Guid Id, Guid Resource, NodeFileReport Report)>> LastOutgoingAsync(int most, CancellationToken ct) => await QueryAsync(
        "SELECT id, resource, name, length, handed_in, done_at FROM outgoing ORDER BY done_at IS NOT NULL, done_at DESC LIMIT $most", [("$most", most)],
        r => (Guid.Parse(r.GetString(0)), Guid.Parse(r.GetString(1)), new NodeFileReport(NodeRole.Provider, r.GetString(2), "", r.GetInt64(3), r.GetInt64(4), r.IsDBNull(5) ? null : At(r, 5), null)), ct);

    /// <summary>The last files that came in.</summary>
    internal async Task<IReadOnlyList<NodeFileReport>> LastReceivedAsync(int most, CancellationToken ct) => await QueryAsync(
        "SELECT name, agreement, length, at FROM received ORDER BY at DESC LIMIT $most", [("$most", most)],
        r => new NodeFileReport(NodeRole.Consumer, r.GetString(0), r.GetString(1), r.GetInt64(2), r.GetInt64(2), At(r, 3), null), ct);

    private static DateTimeOffset At(SqliteDataReader row, int column) => DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

    private Task<List<OutgoingFile>> FindAsync(string column, string value, CancellationToken ct) => QueryAsync(
        $"SELECT origin, id, resource, name, length, sha256, sm3, verdict, finding, segments, content_key FROM outgoing WHERE {column} = $value", [("$value", value)],
        r => new OutgoingFile(r.GetString(0), Guid.Parse(r.GetString(1)), Guid.Parse(r.GetString(2)), r.GetString(3), r.GetInt64(4),
            new NodeVerdict(r.GetString(5), r.GetString(6), Enum.Parse<ContentCheck>(r.GetString(7)), r.IsDBNull(8) ? null : r.GetString(8)), (byte[])r.GetValue(9), (byte[])r.GetValue(10)), ct);
}
