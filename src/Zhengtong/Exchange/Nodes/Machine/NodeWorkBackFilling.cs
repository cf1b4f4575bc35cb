using System.Text.Json;
using Zhengtong.Exchange.BackFills;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Nodes.Machine;

/// <summary>Back-fills on a node. The configuration names the one that is not over; its range is fetched once, and kept sealed, so that it goes on though the platform may be away.</summary>
internal sealed partial class NodeWork
{
    /// <summary>The back-fill that the platform ordered; null when there is none, when every row of it is sealed, or when the platform is away before its range is known.</summary>
    private async Task<BackFillOrder?> FindBackFillAsync(Half half, CancellationToken ct)
    {
        var task = half.Task;
        await queue.ForgetBackFillsAsync(task.Id, task.BackFill, ct);
        if (task.BackFill is not { } id) { return null; }
        if (await queue.FindBackFillAsync(task.Id, id, ct) is { } held)
        {
            return held.Order is null ? null : JsonSerializer.Deserialize<BackFillOrder>(vault.Open(held.Order, BackFill.PurposeOf(id)), CanonicalJson.Options)! with { Position = held.Position };
        }

        SignedDocument answer;
        try { answer = await line.BackFillAsync(task.Id, id, ct); }
        catch (PlatformAwayException) { return null; }
        // Taken back meanwhile: the next configuration says so.
        catch (PlatformRefusedException) { return null; }
        var suite = Suite.Parse(task.Terms.Suite);
        using var key = suite.OpenReceiving(folder.KeysOf(suite.Name, KeyUse.Receive).PrivateKey);
        if (NodeConfigurations.Read(answer, identity, task.Id, id)?.Open(suite, key) is not { } order)
        {
            await queue.EndBackFillAsync(task.Id, id, ExchangeProblems.ProofBroken.Code, ct);
            return null;
        }

        await queue.TakeBackFillAsync(task.Id, id, vault.Seal(JsonSerializer.SerializeToUtf8Bytes(order, CanonicalJson.Options), BackFill.PurposeOf(id)), ct);
        return order;
    }
}
