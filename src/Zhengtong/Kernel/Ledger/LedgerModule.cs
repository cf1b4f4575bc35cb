using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Kernel.Ledger;

/// <summary>Ledger: the sequencer, the checks, and what is served under /ledger and /api/v1/ledger.</summary>
internal static class LedgerModule
{
    internal static void AddLedger(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<CheckpointFile>();
        services.AddScoped<LedgerKeys>();
        services.AddScoped<LedgerTree>();
        services.AddTransient<LedgerCheck>();
        services.AddScoped<SubjectTimeline>();
        services.AddReconciler<LedgerSequencer>();
        services.AddReconciler<LedgerChecking>();
        services.AddAuthorizationBuilder().AddPolicy(LedgerReaders.Policy, p => p.RequireAssertion(c => LedgerReaders.MayRead(Actor.Of(c.User))));
        services.AddSingleton(new NavigationItem(Right.ReadLedger, "/work/ledger", "kernel.ledger.title", "ledger", 90, ""));
        services.AddHealthChecks().AddCheck<LedgerHealth>("ledger");
    }

    internal static void MapLedger(this WebApplication app, IEndpointRouteBuilder api)
    {
        // C2SP fixes these addresses, so they stand outside /api/v1.
        var log = app.MapGroup("/ledger").WithTags("Ledger");
        ReadCheckpoint.Map(log);
        ReadTile.Map(log);
        ProveInclusion.Map(log);
        ProveConsistency.Map(log);

        SearchLedger.Map(api);
        ExportLedger.Map(api);
        DownloadProof.Map(api);
        RunLedgerCheck.Map(api);
        ListLedgerChecks.Map(api);
    }
}
