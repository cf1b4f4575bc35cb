namespace Zhengtong.Demonstration;

/// <summary>Says where the accounts are, once the platform serves.</summary>
internal sealed class TellWhere(Deployment deployment, IHostApplicationLifetime lifetime) : IHostedService
{
    public Task StartAsync(CancellationToken ct)
    {
        lifetime.ApplicationStarted.Register(() => Progress.Say("demonstration.credentials-are-in", DemonstrationCredentials.PathOf(deployment)));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken ct) => Task.CompletedTask;
}
