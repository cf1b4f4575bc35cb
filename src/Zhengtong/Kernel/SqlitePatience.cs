using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Zhengtong.Kernel;

/// <summary>Lets SQLite itself wait for its one writer. The driver alone would ask again every 150 milliseconds, and a writer that comes
/// often would keep a revocation waiting for seconds. Its log is emptied by <see cref="SqliteCheckpoints"/>, and within a commit only when that is far behind.</summary>
internal sealed class SqlitePatience : DbConnectionInterceptor
{
    private const string Wait = "PRAGMA busy_timeout = 30000; PRAGMA wal_autocheckpoint = 32768";

    /// <summary>How everybody opens the embedded database.</summary>
    internal static string ConnectionStringOf(Deployment deployment) => $"Data Source={deployment.PathOf("zhengtong.db")};Default Timeout=30;Pooling=True";

    /// <summary>A connection for what does not go by the context.</summary>
    internal static SqliteConnection Open(Deployment deployment)
    {
        var connection = new SqliteConnection(ConnectionStringOf(deployment));
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = Wait;
        command.ExecuteNonQuery();
        return connection;
    }

    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Wait;
        command.ExecuteNonQuery();
    }

    public override async Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = Wait;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
