namespace Zhengtong.Kernel.Jobs;

/// <summary>Does nothing for a while under a lease, so that an operator can see on the real database that no two processes run a job at once: the runs recorded
/// must not overlap. Only there when <c>Jobs:ProbeMilliseconds</c> (1 to 60,000) is set.</summary>
internal sealed class LeaseProbe(IConfiguration configuration, TimeProvider clock) : IReconciler
{
    internal const string Setting = "Jobs:ProbeMilliseconds";

    public string Name => "kernel.lease-probe";

    public TimeSpan Every => TimeSpan.FromMilliseconds(100);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(Math.Clamp(configuration.GetValue<int>(Setting), 1, 60_000)), clock, ct);
        return Pass.Settled(1);
    }
}
