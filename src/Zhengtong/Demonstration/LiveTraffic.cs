using System.Globalization;
using System.Text;
using Zhengtong.Catalogue.Model;

namespace Zhengtong.Demonstration;

/// <summary>The departments' working day while the demonstration serves: registers change, reports are published, licences are checked against the register. All of it from outside,
/// as departments do it: in their own databases, and over HTTP with their own programs' keys.</summary>
internal sealed class LiveTraffic(
    Province province, SyntheticProvince synthetic, DemonstrationCredentials credentials, BusinessDatabases databases, IServiceScopeFactory scopes,
    IHostApplicationLifetime lifetime, Microsoft.AspNetCore.Hosting.Server.IServer server, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(2);
    private const int BeatsBetweenReports = 150;
    // A token is good for an hour.
    private const int BeatsOfAToken = 900;
    private const string Consumer = "fda";

    private Uri address = null!;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource();
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        if (OwnAddress() is not { } own) { return; }
        address = own;
        Caller? program = null;
        for (var beat = 0; !stoppingToken.IsCancellationRequested; beat++)
        {
            try
            {
                await ChangeRowsAsync(beat, stoppingToken);
                if (program is null || beat % BeatsOfAToken == 0)
                {
                    program?.Dispose();
                    program = await Caller.AsProgramAsync(address, credentials.ClientOf(province, Consumer), stoppingToken);
                }

                await CallAsync(program, beat, stoppingToken);
                if (beat % BeatsBetweenReports == 0) { await ReportAsync(stoppingToken); }
            }
            // A department's trouble is never the platform's: it is said, and tried again.
            catch (Exception off) when (!stoppingToken.IsCancellationRequested) { Progress.Say("demonstration.live.off", off.Message); }
            await Task.Delay(Beat, clock, stoppingToken);
        }
    }

    /// <summary>Changes a few rows of each table that flows.</summary>
    private async Task ChangeRowsAsync(int beat, CancellationToken ct)
    {
        foreach (var table in province.Sharings.Where(s => s is { Stage: SharingStage.InForce, Target: not null }).Select(s => synthetic.Table(s.Table)))
        {
            if (table.Columns.All(c => c.Name != "status")) { continue; }
            var database = await DatabaseAsync(table.Spec.Department, ct);
            var key = table.Columns.First(c => c.IsKey).Name;
            var status = (string)table.Value("status", beat * 7 % table.Spec.Rows);
            for (var n = 0; n < 1 + beat % 4; n++)
            {
                await TwoTables.ChangeAsync(database, table.Spec.Name, "status", status, key, $"{table.Value(key, (beat * 13 + n) % table.Spec.Rows)}", clock.GetUtcNow(), ct);
            }
        }
    }

    private async Task CallAsync(Caller program, int beat, CancellationToken ct)
    {
        var offering = province.Offerings.First(o => o.Kind == DeliveryKind.Api);
        var enterprises = synthetic.Table("enterprises");
        var (_, _, number) = await SharingAsync(offering, ct);
        await ServiceCall.AskAsync(program, number, (string)enterprises.Value("credit_code", beat * 31 % enterprises.Spec.Rows), ct);
    }

    /// <summary>Publishes the report of the register as it is now; who has an agreement fetches and confirms it.</summary>
    private async Task ReportAsync(CancellationToken ct)
    {
        var offering = province.Offerings.First(o => o.Kind == DeliveryKind.File);
        var counts = await DepartmentService.CountAsync(await DatabaseAsync(offering.Department, ct), ct);
        var report = new StringBuilder("登记状态,户数\r\n");
        foreach (var (status, count) in counts) { report.Append(CultureInfo.InvariantCulture, $"{status},{count}\r\n"); }
        using var provider = await Caller.AsProgramAsync(address, credentials.ClientOf(province, offering.Department), ct);
        var (resource, _, _) = await SharingAsync(offering, ct);
        await FileTransfer.SendAsync(provider, resource, $"{offering.Name}-{clock.GetUtcNow():yyyyMMddHHmmss}.csv", Encoding.UTF8.GetBytes(report.ToString()), ct);
        await Task.Delay(Beat, clock, ct);
        foreach (var consumer in province.Sharings.Where(s => s.Table == offering.Slug).Select(s => s.Applicant))
        {
            using var program = await Caller.AsProgramAsync(address, credentials.ClientOf(province, consumer), ct);
            await FileTransfer.ReceiveAsync(program, ct);
        }
    }

    private async Task<BusinessDatabase> DatabaseAsync(string department, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await databases.OpenAsync(department, (await Officers.ActorAsync(scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), $"{department}-officer", ct)).Organisation, ct);
    }

    private async Task<(Guid Resource, Guid Agreement, string Number)> SharingAsync(ProvinceOffering offering, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await Officers.SharingAsync(scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), offering, Consumer, ct);
    }

    /// <summary>Where the platform serves without TLS, as seen from this machine; null when it does not.</summary>
    private Uri? OwnAddress() =>
        server.Features.Get<Microsoft.AspNetCore.Hosting.Server.Features.IServerAddressesFeature>()?.Addresses
            .Where(a => a.StartsWith("http://", StringComparison.Ordinal))
            .Select(a => new Uri(a.Replace("://+", "://127.0.0.1", StringComparison.Ordinal).Replace("://*", "://127.0.0.1", StringComparison.Ordinal)
                .Replace("://0.0.0.0", "://127.0.0.1", StringComparison.Ordinal).Replace("://[::]", "://127.0.0.1", StringComparison.Ordinal)))
            .FirstOrDefault();
}
