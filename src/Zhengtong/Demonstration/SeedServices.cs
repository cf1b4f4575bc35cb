using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Gateway;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Demonstration;

/// <summary>Starts the departments' own services and tells the gateway where they are; at each start, for their ports are new. Registers the consumers' programs that call them.</summary>
internal sealed class SeedServices(
    Province province, DemonstrationCredentials credentials, BusinessDatabases databases, DepartmentService service, IServiceScopeFactory scopes, TimeProvider clock) : IStartupStep
{
    internal const string Subsystem = "REGISTER";

    public async Task RunAsync(IServiceProvider scope, CancellationToken ct)
    {
        foreach (var offering in province.Offerings.Where(o => o.Kind == DeliveryKind.Api))
        {
            await using var own = scopes.CreateAsyncScope();
            var services = own.ServiceProvider;
            var db = services.GetRequiredService<ZhengtongDb>();
            var officer = await Officers.ActorAsync(db, $"{offering.Department}-officer", ct);
            var resource = await db.Resources.Where(r => r.ProviderId == officer.Organisation && r.Name == offering.Name).Select(r => r.Id).SingleAsync(ct);
            var address = await service.StartAsync(await databases.OpenAsync(offering.Department, officer.Organisation, ct), ct);
            var request = new SetApiServiceRequest(Subsystem, offering.Slug.Replace('_', '-'), address, [new ServiceHeader(DepartmentService.KeyHeader, service.Key)], 10);
            Expect.Done<NoContent>((await SetApiService.Handle(resource, request, officer, db, services.GetRequiredService<CatalogueLookup>(), services.GetRequiredService<Vault>(), clock, ct)).Result);
            Expect.Done<NoContent>((await SwitchApiService.Handle(resource, new SwitchApiServiceRequest(true, null), officer, db, clock, ct)).Result);
            foreach (var sharing in province.Sharings.Where(s => s.Table == offering.Slug)) { await RegisterProgramAsync(db, sharing.Applicant, ct); }
        }
    }

    private async Task RegisterProgramAsync(ZhengtongDb db, string applicant, CancellationToken ct)
    {
        var officer = await Officers.ActorAsync(db, $"{applicant}-officer", ct);
        if (await db.InformationSystems.AnyAsync(s => s.OrganisationId == officer.Organisation, ct)) { return; }
        var client = credentials.ClientOf(province, applicant);
        Expect.Done<NoContent>((await SetInformationSystem.Handle(
            applicant.ToUpperInvariant(), new SetInformationSystemRequest(client.Name, Guid.ParseExact(client.ClientId, "N"), null, null), officer, db, clock, ct)).Result);
    }
}
