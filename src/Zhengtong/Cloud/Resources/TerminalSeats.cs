using Microsoft.Extensions.Options;

namespace Zhengtong.Cloud.Resources;

/// <summary>How many terminals each account has open in this process.</summary>
internal sealed class TerminalSeats(IOptions<CloudOptions> options)
{
    private readonly Dictionary<Guid, int> taken = [];
    private readonly Lock door = new();

    /// <summary>Most at once for an account.</summary>
    internal int Most => options.Value.TerminalsEach;

    /// <summary>One more for the account, until it is disposed of; null when it has as many as it may.</summary>
    internal IDisposable? TryTake(Guid account)
    {
        lock (door)
        {
            if (taken.GetValueOrDefault(account) >= Most) { return null; }
            taken[account] = taken.GetValueOrDefault(account) + 1;
            return new Seat(this, account);
        }
    }

    private void Leave(Guid account)
    {
        lock (door)
        {
            if (--taken[account] == 0) { taken.Remove(account); }
        }
    }

    private sealed class Seat(TerminalSeats seats, Guid account) : IDisposable
    {
        private bool isLeft;

        public void Dispose()
        {
            if (isLeft) { return; }
            isLeft = true;
            seats.Leave(account);
        }
    }
}
