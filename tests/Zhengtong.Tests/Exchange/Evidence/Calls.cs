using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Evidence;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Objects;
using Zhengtong.Kernel.Regions;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Exchange.Gateway;

namespace Zhengtong.Tests.Exchange.Evidence;

/// <summary>Calls as the gateway hands them to the evidence.</summary>
internal static class Calls
{
    internal static CallRecord Of(Scene scene, string target = "/firms/1", byte[]? request = null, byte[]? response = null, Guid? id = null)
    {
        var now = TimeProvider.System.GetUtcNow();
        return new CallRecord(
            id ?? Guid.CreateVersion7(now), $"message-{Guid.CreateVersion7(now):N}", scene.Agreement.Id, scene.Provider.Id, scene.Consumer.Id, Strict.Parse<AgreementDocument>(scene.Agreement.Document)!.Suite,
            "firms", "GET", Encoding.UTF8.GetBytes($"GET\r\n{target}\r\nX-Road-Client:{scene.ClientId}\r\n"), request is null ? null : SHA512.HashData(request), request?.Length ?? 0,
            200, "200\r\nOK\r\n"u8.ToArray(), response is null ? null : SHA512.HashData(response), response?.Length ?? 0, now.AddMilliseconds(-5), now,
            request is null ? null : new KeptBody(request), response is null ? null : new KeptBody(response));
    }

    internal static async Task<CallRecord> RecordAsync(IServiceProvider services, CallRecord record)
    {
        await services.GetRequiredService<CallLog>().RecordAsync(record, CancellationToken.None);
        return record;
    }

    /// <summary>Waits until the calls bear both signatures.</summary>
    internal static async Task SealedAsync(IServiceProvider services, params Guid[] calls)
    {
        var until = TimeProvider.System.GetUtcNow().AddSeconds(30);
        while (await GatewayFixture.WithDb(services, db => db.Calls.CountAsync(c => calls.Contains(c.Id) && db.CallGroups.Any(g => g.Id == c.GroupId && g.ProviderSealId != null && g.ConsumerSealId != null))) < calls.Length)
        {
            TimeProvider.System.GetUtcNow().ShouldBeLessThan(until, "calls are not sealed");
            await Task.Delay(20);
        }
    }

    /// <summary>The receipt as an officer of the organisation gets it; without one, the refusal's status.</summary>
    internal static async Task<(CallReceiptFile? File, int? Refused)> ReceiptAsync(IServiceProvider services, Guid call, Guid organisation)
    {
        await using var scope = services.CreateAsyncScope();
        var actor = new Actor(organisation, "李四", organisation, RegionCode.Parse("610000"), new HashSet<Role> { Role.DepartmentOfficer });
        var (file, problem) = await GetCallReceipt.FindAsync(call, actor, scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), scope.ServiceProvider.GetRequiredService<AgreementsLookup>(),
            scope.ServiceProvider.GetRequiredService<OrganisationKeys>(), scope.ServiceProvider.GetRequiredService<ObjectStore>(), CancellationToken.None);
        return (file, problem?.StatusCode);
    }

    internal static async Task<CallContent> OpenAsync(IServiceProvider services, Call call, Guid party)
    {
        await using var scope = services.CreateAsyncScope();
        return await GetCallReceipt.OpenAsync(call, party, scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), scope.ServiceProvider.GetRequiredService<OrganisationKeys>(),
            scope.ServiceProvider.GetRequiredService<ObjectStore>(), CancellationToken.None);
    }

    internal static async Task<CallEvidence> EvidenceAsync(IServiceProvider services, Call call, Guid party) => CallEvidence.Parse((await OpenAsync(services, call, party)).Evidence)!;
}
