using System.Data.Common;
using System.Security.Cryptography;
using System.Text;

namespace Zhengtong.Demonstration;

/// <summary>A department's own web service, as it stood before the platform came: it answers from the business database whoever knows its key, on a port of its own,
/// and gives everybody all it has. What an agreement leaves of that is the gateway's business.</summary>
internal sealed class DepartmentService : IAsyncDisposable
{
    internal const string KeyHeader = "X-Department-Key";
    private WebApplication? app;

    /// <summary>Drawn anew at each start.</summary>
    internal string Key { get; } = RandomNumberGenerator.GetHexString(32);

    /// <summary>Starts it over the department's register of enterprises; returns its base address.</summary>
    internal async Task<string> StartAsync(BusinessDatabase database, CancellationToken ct)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.Use((http, next) => Knows(http.Request.Headers[KeyHeader]) ? next(http) : Results.StatusCode(StatusCodes.Status401Unauthorized).ExecuteAsync(http));
        app.MapGet("/enterprises/{creditCode}", async (string creditCode, CancellationToken stop) =>
            await FindAsync(database, creditCode, stop) is { } enterprise ? Results.Json(enterprise) : Results.Json(new { message = "没有登记" }, statusCode: 404));
        app.MapGet("/statistics/status", (CancellationToken stop) => CountAsync(database, stop));
        await app.StartAsync(ct);
        return app.Urls.First();
    }

    public async ValueTask DisposeAsync()
    {
        if (app is not null) { await app.DisposeAsync(); }
    }

    /// <summary>Households by status, as the monthly report has them too.</summary>
    internal static async Task<Dictionary<string, long>> CountAsync(BusinessDatabase database, CancellationToken ct)
    {
        await using var connection = await TwoTables.ConnectAsync(database, ct);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT status, count(*) FROM enterprises GROUP BY status ORDER BY status";
        await using var row = await command.ExecuteReaderAsync(ct);
        Dictionary<string, long> counts = [];
        while (await row.ReadAsync(ct)) { counts[row.GetString(0)] = row.GetInt64(1); }
        return counts;
    }

    private bool Knows(string? key) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(key ?? ""), Encoding.UTF8.GetBytes(Key));

    private static async Task<object?> FindAsync(BusinessDatabase database, string creditCode, CancellationToken ct)
    {
        await using var connection = await TwoTables.ConnectAsync(database, ct);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT credit_code, name, enterprise_type, legal_representative, status FROM enterprises WHERE credit_code = @code";
        DbParameter code = command.CreateParameter();
        (code.ParameterName, code.Value) = ("code", creditCode);
        command.Parameters.Add(code);
        await using var row = await command.ExecuteReaderAsync(ct);
        return await row.ReadAsync(ct)
            ? new { creditCode = row.GetString(0), name = row.GetString(1), enterpriseType = row.GetString(2), legalRepresentative = row.GetString(3), status = row.GetString(4) }
            : null;
    }
}
