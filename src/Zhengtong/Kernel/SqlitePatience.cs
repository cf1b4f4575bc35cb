using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Zhengtong.Kernel;

/// <summary>Lets SQLite itself wait for its one writer. The driver alone would ask again every 150 milliseconds, and a writer that comes
/// often would keep a revocation waiting for seconds.</summary>
internal sealed class SqlitePatience : DbConnectionInterceptor
{
    private const string Wait = "PRAGMA busy_timeout = 30000";

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
