using System.Net;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Organisations;
using Zhengtong.OpenData.Harvest;
using Zhengtong.OpenData.Model;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Harvest;

/// <summary>A platform that may harvest from this machine. Each test registers sources of its own.</summary>
public sealed class Harvester : IAsyncLifetime
{
    internal const int MostDatasets = 400;

    internal OwnPlatform Own { get; private set; } = null!;

    internal Organisation Authority { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Own = await OwnPlatform.StartAsync(b =>
        {
            b.Configuration["Http:PerMinute:Visitor"] = "0";
            b.Configuration["OpenData:Limits:VisitorPerMinute"] = "0";
            b.Configuration["OpenData:Harvest:ForbiddenNetworks"] = "169.254.0.0/16";
            b.Configuration["OpenData:Harvest:RetrySeconds"] = "0";
            b.Configuration["OpenData:Harvest:MostDatasets"] = $"{MostDatasets}";
            b.Configuration["OpenData:Harvest:MostPages"] = "60";
            b.Configuration["OpenData:Harvest:PageBytes"] = "2000000";
        });
        Authority = await DepartmentAsync(Own, "采集局", "11610000000000002");
    }

    public ValueTask DisposeAsync() => Own.DisposeAsync();

    internal static Task<Organisation> DepartmentAsync(OwnPlatform platform, string name, string body) => platform.WithDb(async db =>
    {
        var code = await db.Regions.OrderBy(r => r.Code).Select(r => r.Code).FirstAsync();
        var made = new Organisation { Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), CreditCode = CreditCode.FromBody(body), Name = name, ShortName = name, Region = code, Kind = OrganisationKind.Authority };
        db.Organisations.Add(made);
        await db.SaveChangesAsync();
        return made;
    });

    /// <summary>Registers a source and takes it whole.</summary>
    internal async Task<(Guid Source, HarvestRun Run)> HarvestAsync(HarvestKind kind, string address, string name = "邻市数据平台")
    {
        var source = HarvestSource.Register(name, kind, address, 24, Authority.Id, TimeProvider.System.GetUtcNow());
        await AddAsync(source);
        await SettleAsync();
        return (source.Id, await LastRunAsync(source.Id));
    }

    /// <summary>Keeps a source, with what it did. A test before this one may have had the same port, and an address is registered once.</summary>
    internal Task<int> AddAsync(HarvestSource source, params HarvestRun[] runs) => Own.WithDb(async db =>
    {
        foreach (var earlier in await db.HarvestSources.Where(s => s.Address == source.Address && s.RemovedAt == null).ToListAsync()) { earlier.Remove(source.CreatedAt); }
        await db.SaveChangesAsync();
        db.HarvestSources.Add(source);
        db.HarvestRuns.AddRange(runs);
        return await db.SaveChangesAsync();
    });

    /// <summary>Takes a registered source once more.</summary>
    internal async Task<HarvestRun> AgainAsync(Guid source, bool mayShrink = false)
    {
        await Own.WithDb(async db =>
        {
            (await db.HarvestSources.SingleAsync(s => s.Id == source)).RequestRun(mayShrink);
            return await db.SaveChangesAsync();
        });
        await SettleAsync();
        return await LastRunAsync(source);
    }

    internal Task SettleAsync() => Own.App.Services.GetRequiredService<Reconcilers>().SettleAsync<HarvestPortals>(CancellationToken.None);

    internal Task<HarvestRun> LastRunAsync(Guid source) => Own.WithDb(db => db.HarvestRuns.AsNoTracking().Where(r => r.SourceId == source).OrderByDescending(r => r.StartedAt).FirstAsync());

    internal Task<List<HarvestedDataset>> DatasetsAsync(Guid source) => Own.WithDb(db => db.HarvestedDatasets.AsNoTracking().Where(d => d.SourceId == source).OrderBy(d => d.Identifier).ToListAsync());

    internal async Task<string> PageAsync(string address)
    {
        var response = await Own.Visitor().GetAsync(address);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, address);
        return await response.Content.ReadAsStringAsync();
    }
}
