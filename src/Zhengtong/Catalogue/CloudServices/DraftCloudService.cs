using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Catalogue.CloudServices;

/// <summary>What a cloud service is and promises.</summary>
/// <param name="Name">2 to 100 characters.</param>
/// <param name="Category">服务类别.</param>
/// <param name="Layer">服务层次.</param>
/// <param name="Summary">What it is for, 2 to 1,000 characters.</param>
/// <param name="Level">服务水平.</param>
/// <param name="Form">By what it is delivered.</param>
/// <param name="Plans">规格, 1 to 50.</param>
public sealed record CloudServiceText(
    [Required, StringLength(100, MinimumLength = 2)] string Name, ServiceCategory Category, ServiceLayer Layer, [Required, StringLength(1000, MinimumLength = 2)] string Summary,
    [Required] CloudServiceLevel Level, ServiceForm Form, [Required, Length(1, 50)] IReadOnlyList<CloudServicePlan> Plans);

/// <summary>服务水平.</summary>
/// <param name="Availability">Thousandths of a percent, 0 to 100,000: 99,950 is 99.95 %.</param>
/// <param name="AnswerHours">Hours until a fault is answered, 0 to 720.</param>
/// <param name="RecoveryHours">Hours until a fault is mended, 0 to 720.</param>
/// <param name="SupportTimes">When people answer, 2 to 100 characters.</param>
public sealed record CloudServiceLevel([Range(0, 100_000)] int Availability, [Range(0, 720)] int AnswerHours, [Range(0, 720)] int RecoveryHours, [Required, StringLength(100, MinimumLength = 2)] string SupportTimes);

/// <summary>规格 of a service.</summary>
/// <param name="Code">Lower-case letters, digits and hyphens, at most 40; unique within the service.</param>
/// <param name="Name">1 to 60 characters.</param>
/// <param name="Amounts">What it gives, at most 20 kinds.</param>
/// <param name="Images">What an instance may be made from, at most 50 names of 1 to 100 characters.</param>
/// <param name="Meters">By what it is priced, at most 20 of <c>one-time</c>, <c>instance-month</c>, <c>instance-hour</c>, <c>vcpu-hour</c>, <c>gib-memory-hour</c>, <c>gib-disk-hour</c>, <c>database-hour</c>, <c>address-hour</c>; an hourly one with <c>-stopped</c> counts while the resource is stopped.</param>
public sealed record CloudServicePlan(
    [Required, RegularExpression("[a-z0-9][a-z0-9-]{0,39}")] string Code, [Required, StringLength(60, MinimumLength = 1)] string Name, [Required, MaxLength(20)] IReadOnlyList<CloudServiceAmount> Amounts,
    [Required, MaxLength(50)] IReadOnlyList<string> Images, [Required, MaxLength(20)] IReadOnlyList<string> Meters);

/// <summary>How much of a kind a plan gives.</summary>
/// <param name="Kind">Code of the kind: lower-case letters, digits and hyphens, at most 40.</param>
/// <param name="Least">The least, 1 to 1,000,000,000.</param>
/// <param name="Most">The most, from the least to 1,000,000,000; the same for a fixed amount.</param>
/// <param name="Step">Steps above the least, 1 to 1,000,000,000.</param>
public sealed record CloudServiceAmount(
    [Required, RegularExpression("[a-z][a-z0-9-]{0,39}")] string Kind, [Range(1, 1_000_000_000)] long Least, [Range(1, 1_000_000_000)] long Most, [Range(1, 1_000_000_000)] long Step);

/// <summary>A new service, or the next version of one.</summary>
/// <param name="Code">服务编码: lower-case letters, digits, hyphens and dots, at most 40.</param>
/// <param name="Service">What it is.</param>
public sealed record DraftCloudServiceRequest([Required, RegularExpression("[a-z0-9][a-z0-9.-]{0,39}")] string Code, [Required] CloudServiceText Service);

/// <summary>The draft.</summary>
/// <param name="Code">服务编码.</param>
/// <param name="Version">From 1.</param>
/// <param name="Revision">1.</param>
public sealed record CloudServiceDrafted(string Code, int Version, int Revision);

internal static partial class DraftCloudService
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud-services", Handle).Requires(Right.DraftCloudServices).Idempotent().ProducesProblem(403).ProducesProblem(409);

    /// <summary>Draft a cloud service 云服务, or the next version of one that the caller's organisation provides. What is published stays as it is until the draft is published.</summary>
    /// <response code="201">Drafted; ledger event catalogue.service-drafted.</response>
    /// <response code="400">catalogue.service-invalid</response>
    /// <response code="403">catalogue.service-of-another</response>
    /// <response code="409">catalogue.service-drafted: there is a draft of it already.</response>
    internal static async Task<Results<Created<CloudServiceDrafted>, ProblemHttpResult>> Handle(DraftCloudServiceRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (Faults(request.Service, "service.") is { Count: > 0 } faults) { return CatalogueProblems.ServiceInvalid.For(faults); }
        var last = await db.CloudServices.AsNoTracking().Where(s => s.Code == request.Code).OrderByDescending(s => s.Version).Select(s => new { s.Version, s.ProviderId, s.State }).FirstOrDefaultAsync(ct);
        if (last is not null && last.ProviderId != actor.Organisation) { return CatalogueProblems.ServiceOfAnother.Because(request.Code); }
        if (last is { State: ServiceState.Draft }) { return CatalogueProblems.ServiceDrafted.Because(request.Code); }

        var (now, text) = (clock.GetUtcNow(), request.Service);
        var service = new CloudService
        {
            Id = Guid.CreateVersion7(now), Code = request.Code, Version = (last?.Version ?? 0) + 1, Name = text.Name, Category = text.Category, Layer = text.Layer, ProviderId = actor.Organisation,
            Summary = text.Summary, Level = LevelOf(text), Form = text.Form, Plans = PlansOf(text), CreatedAt = now,
        };
        db.CloudServices.Add(service);
        db.Ledger.Add(LedgerEntry.Of("catalogue.service-drafted", service.Code, actor, now, after: Told(service)));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return CatalogueProblems.ServiceDrafted.Because(request.Code); }
        return TypedResults.Created($"/api/v1/cloud-services/{service.Code}?version={service.Version}", new CloudServiceDrafted(service.Code, service.Version, service.Revision));
    }

    internal static ServiceLevel LevelOf(CloudServiceText text) => new(text.Level.Availability, text.Level.AnswerHours, text.Level.RecoveryHours, text.Level.SupportTimes);

    internal static IReadOnlyList<ServicePlan> PlansOf(CloudServiceText text) =>
        [.. text.Plans.Select(p => new ServicePlan(p.Code, p.Name, [.. p.Amounts.Select(a => new PlanAmount(a.Kind, a.Least, a.Most, a.Step)).OrderBy(a => a.Kind, StringComparer.Ordinal)], p.Images, p.Meters))];

    /// <summary>What the ledger keeps of a version.</summary>
    internal static object Told(CloudService s) => new { s.Version, s.Name, s.Category, s.Layer, s.ProviderId, s.Form, s.Level, s.Plans };

    /// <summary>What does not fit together; paths as on the wire.</summary>
    internal static Dictionary<string, string[]> Faults(CloudServiceText text, string at)
    {
        var faults = new Dictionary<string, string[]>();
        foreach (var (n, plan) in text.Plans.Index())
        {
            var here = $"{at}plans[{n}]";
            if (text.Plans.Take(n).Any(p => p.Code == plan.Code)) { faults[$"{here}.code"] = [Text.Of("catalogue.service.plan-twice")]; }
            foreach (var (m, amount) in plan.Amounts.Index())
            {
                if (plan.Amounts.Take(m).Any(a => a.Kind == amount.Kind)) { faults[$"{here}.amounts[{m}].kind"] = [Text.Of("catalogue.service.kind-twice")]; }
                if (amount.Most < amount.Least) { faults[$"{here}.amounts[{m}].most"] = [Text.Of("catalogue.service.most-less")]; }
                else if ((amount.Most - amount.Least) % amount.Step != 0) { faults[$"{here}.amounts[{m}].step"] = [Text.Of("catalogue.service.step-unfit")]; }
            }

            foreach (var (m, meter) in plan.Meters.Index().Where(x => !ServiceMeters.IsKnown(x.Item) || plan.Meters.Take(x.Index).Contains(x.Item))) { faults[$"{here}.meters[{m}]"] = [Text.Of("catalogue.service.meter-form", string.Join(", ", ServiceMeters.All))]; }
            foreach (var (m, image) in plan.Images.Index().Where(x => !Image().IsMatch(x.Item))) { faults[$"{here}.images[{m}]"] = [Text.Of("catalogue.service.image-form")]; }
            if (text.Form == ServiceForm.Instance && plan.Images.Count == 0) { faults[$"{here}.images"] = [Text.Of("catalogue.service.image-needed")]; }
            if (text.Form is ServiceForm.Instance or ServiceForm.Site or ServiceForm.Database && plan.Amounts.Count == 0) { faults[$"{here}.amounts"] = [Text.Of("catalogue.service.amounts-needed")]; }
        }

        return faults;
    }

    /// <summary>Names of images reach engines: nothing in them that a shell or a path could mean something by.</summary>
    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$")]
    private static partial Regex Image();
}
