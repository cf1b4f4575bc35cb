using System.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Agreements.Slices;
using Zhengtong.Catalogue;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Slices;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Demonstration;

/// <summary>How far a sharing of the demonstration has come.</summary>
internal enum SharingStage
{
    /// <summary>Waits for the provider.</summary>
    Submitted,
    /// <summary>Refused by the provider.</summary>
    Refused,
    /// <summary>Taken back by the applicant.</summary>
    Withdrawn,
    /// <summary>Waits for both seals.</summary>
    Confirmed,
    /// <summary>Waits for the consumer's seal.</summary>
    HalfSealed,
    /// <summary>In force; flowing where the consumer named a table.</summary>
    InForce,
    /// <summary>Suspended by the provider.</summary>
    Suspended,
    /// <summary>Revoked by the provider.</summary>
    Revoked,
}

/// <summary>One sharing of the demonstration: who takes what from whom, why, and how far it has come.</summary>
/// <param name="Table">Table or offering behind the resource.</param>
/// <param name="Applicant">Slug of the applying body.</param>
/// <param name="Stage">How far it has come.</param>
/// <param name="Purpose">用途.</param>
/// <param name="Ground">依据.</param>
/// <param name="Note">Reason of the refusal, withdrawal, suspension or revocation.</param>
/// <param name="EverySeconds">How often changes are looked for.</param>
/// <param name="Target">Table that the rows go to, in the applicant's business database; null where the applicant named none yet.</param>
/// <param name="Suite">The cryptographic suite, international where none is named.</param>
/// <param name="Columns">Which columns or members; all where none is named.</param>
/// <param name="Operations">Of a service, what is to be called.</param>
internal sealed record ProvinceSharing(
    string Table, string Applicant, SharingStage Stage, string Purpose, string Ground, string? Note, int EverySeconds, string? Target, SuiteName? Suite,
    IReadOnlyList<string>? Columns, IReadOnlyList<string>? Operations);

/// <summary>Brings each sharing to its stage, by the officers' own acts; one that was left half way goes on from there.</summary>
internal sealed class SeedAgreements(Province province, SyntheticProvince synthetic, BusinessDatabases databases, IServiceScopeFactory scopes, TimeProvider clock) : IStartupStep
{
    public async Task RunAsync(IServiceProvider scope, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        foreach (var sharing in province.Sharings)
        {
            await using var own = scopes.CreateAsyncScope();
            await AdvanceAsync(own.ServiceProvider, sharing, ct);
        }

        Progress.Say("demonstration.progress.agreements", province.Sharings.Count, watch.Elapsed.TotalSeconds);
    }

    private async Task AdvanceAsync(IServiceProvider services, ProvinceSharing sharing, CancellationToken ct)
    {
        var db = services.GetRequiredService<ZhengtongDb>();
        var catalogue = services.GetRequiredService<CatalogueLookup>();
        var (provider, resource, columns) = OfferOf(sharing);
        Task<Actor> Officer(string body) => Officers.ActorAsync(db, $"{body}-officer", ct);
        Task<Actor> Leader(string body) => Officers.ActorAsync(db, $"{body}-leader", ct);

        var application = await ApplyAsync(sharing, resource, columns, await Officer(sharing.Applicant), db, catalogue, services.GetRequiredService<WorkingCalendar>(), ct);
        if (application.State == ApplicationState.Submitted)
        {
            switch (sharing.Stage)
            {
                case SharingStage.Submitted:
                    return;
                case SharingStage.Refused:
                    Expect.Done<NoContent>((await RefuseApplication.Handle(application.Id, new RefuseApplicationRequest(RefusalGround.Sensitive, sharing.Note!, application.Revision), await Officer(provider), db, clock, ct)).Result);
                    return;
                case SharingStage.Withdrawn:
                    Expect.Done<NoContent>((await WithdrawApplication.Handle(application.Id, new WithdrawApplicationRequest(sharing.Note!, application.Revision), await Officer(sharing.Applicant), db, clock, ct)).Result);
                    return;
                default:
                    Expect.Done<Created<ConfirmApplicationResponse>>((await ConfirmApplication.Handle(application.Id, new ConfirmApplicationRequest(application.Revision), await Officer(provider), db, catalogue, clock, ct)).Result);
                    break;
            }
        }

        if (application.State != ApplicationState.Confirmed || sharing.Stage < SharingStage.HalfSealed) { return; }
        var agreement = await db.Agreements.SingleAsync(a => a.ApplicationId == application.Id, ct);
        var keys = services.GetRequiredService<OrganisationKeys>();
        async Task SealAsync(Actor leader) =>
            Expect.Done<Ok<SealAgreementResponse>>((await SealAgreement.Handle(agreement.Id, new SealAgreementRequest(agreement.Digest), leader, db, keys, clock, ct)).Result);
        if (agreement.ProviderSeal is null) { await SealAsync(await Leader(provider)); }
        if (sharing.Stage >= SharingStage.InForce && agreement.ConsumerSeal is null) { await SealAsync(await Leader(sharing.Applicant)); }
        if (agreement.State != AgreementState.InForce) { return; }
        if (sharing.Target is not null) { await NameTargetAsync(services, sharing, agreement, await Officer(sharing.Applicant), db, ct); }
        switch (sharing.Stage)
        {
            case SharingStage.Suspended:
                Expect.Done<NoContent>((await SuspendAgreement.Handle(agreement.Id, new SuspendAgreementRequest(sharing.Note!, agreement.Revision), await Leader(provider), db, clock, ct)).Result);
                break;
            case SharingStage.Revoked:
                Expect.Done<NoContent>((await RevokeAgreement.Handle(agreement.Id, new RevokeAgreementRequest(sharing.Note!, agreement.Revision), await Leader(provider), db, clock, ct)).Result);
                break;
        }
    }

    private async Task NameTargetAsync(IServiceProvider services, ProvinceSharing sharing, Agreement agreement, Actor officer, ZhengtongDb db, CancellationToken ct)
    {
        if (await db.Intakes.AnyAsync(i => i.AgreementId == agreement.Id, ct)) { return; }
        var source = await db.DataSources.SingleAsync(s => s.OrganisationId == officer.Organisation && s.Name == province.DataSource, ct);
        var business = await databases.OpenAsync(sharing.Applicant, officer.Organisation, ct);
        Task<IResult> SetAsync(bool create) => SetIntakeAsync(new SetIntakeRequest(source.Id, business.Schema, sharing.Target!, create));
        var made = await SetAsync(create: true);
        // Left half way: the table was made, the setting was not saved.
        Expect.Done<NoContent>(made is ProblemHttpResult { StatusCode: 409 } ? await SetAsync(create: false) : made);

        async Task<IResult> SetIntakeAsync(SetIntakeRequest request) => (await SetIntake.Handle(agreement.Id, request, officer, db, services.GetRequiredService<AgreementsLookup>(),
            services.GetRequiredService<DepartmentDatabases>(), services.GetRequiredService<DeliveryReconciler>(), clock, ct)).Result;
    }

    /// <summary>Who offers it, under which name, and what is asked of it.</summary>
    private (string Department, string Resource, IReadOnlyList<string> Columns) OfferOf(ProvinceSharing sharing)
    {
        if (province.Offerings.FirstOrDefault(o => o.Slug == sharing.Table) is { } offering) { return (offering.Department, offering.Name, sharing.Columns ?? []); }
        var table = synthetic.Table(sharing.Table);
        return (table.Spec.Department, table.Spec.Publish ?? table.Spec.Title, sharing.Columns ?? [.. table.Columns.Select(c => c.Name)]);
    }

    private async Task<Application> ApplyAsync(
        ProvinceSharing sharing, string name, IReadOnlyList<string> columns, Actor applicant, ZhengtongDb db, CatalogueLookup catalogue, WorkingCalendar calendar, CancellationToken ct)
    {
        var resource = await db.Resources.AsNoTracking().SingleAsync(r => r.Name == name && r.State == ResourceState.Published, ct);
        if (!await db.Applications.AnyAsync(a => a.ApplicantId == applicant.Organisation && a.ResourceId == resource.Id, ct))
        {
            Expect.Done<Created<ApplyForResourceResponse>>((await ApplyForResource.Handle(
                new ApplyForResourceRequest(resource.Id, columns, null, sharing.Purpose, sharing.Ground, sharing.EverySeconds,
                    DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime).AddYears(1), sharing.Suite, sharing.Operations),
                applicant, db, catalogue, calendar, clock, ct)).Result);
        }

        return await db.Applications.SingleAsync(a => a.ApplicantId == applicant.Organisation && a.ResourceId == resource.Id, ct);
    }
}
