using System.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Zhengtong.Catalogue;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Slices;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Demonstration;

/// <summary>Registers each department's business database as a data source, and mounts its tables behind their resources.</summary>
internal sealed class SeedExchange(Province province, SyntheticProvince synthetic, BusinessDatabases databases, IServiceScopeFactory scopes, TimeProvider clock) : IStartupStep
{
    public async Task RunAsync(IServiceProvider scope, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        foreach (var body in province.Bodies().Where(b => b.KeepsDatabase && b.Posts.Contains(Role.DepartmentOfficer)))
        {
            await using var own = scopes.CreateAsyncScope();
            var services = own.ServiceProvider;
            var db = services.GetRequiredService<ZhengtongDb>();
            var officer = await Officers.ActorAsync(db, $"{body.Slug}-officer", ct);
            var business = await databases.OpenAsync(body.Slug, officer.Organisation, ct);
            var source = await RegisterAsync(services, db, officer, business, ct);
            foreach (var table in synthetic.Tables.Where(t => t.Spec.Department == body.Slug)) { await MountAsync(services, db, officer, business, source, table, ct); }
        }

        var counted = scope.GetRequiredService<ZhengtongDb>();
        Progress.Say("demonstration.progress.exchange", await counted.DataSources.CountAsync(ct), await counted.Mounts.CountAsync(ct), watch.Elapsed.TotalSeconds);
    }

    private async Task<Guid> RegisterAsync(IServiceProvider services, ZhengtongDb db, Actor officer, BusinessDatabase business, CancellationToken ct)
    {
        var present = await db.DataSources.Where(s => s.OrganisationId == officer.Organisation && s.Name == province.DataSource).Select(s => (Guid?)s.Id).SingleOrDefaultAsync(ct);
        if (present is { } id) { return id; }
        var outcome = await RegisterDataSource.Handle(
            new RegisterDataSourceRequest(province.DataSource, business.IsPostgres ? DataSourceKind.Postgres : DataSourceKind.Sqlite, ConnectionFor(business)),
            officer, db, services.GetRequiredService<DepartmentDatabases>(), clock, ct);
        return Expect.Done<Created<RegisterDataSourceResponse>>(outcome.Result).Value!.Id;
    }

    private async Task MountAsync(IServiceProvider services, ZhengtongDb db, Actor officer, BusinessDatabase business, Guid source, SyntheticTable table, CancellationToken ct)
    {
        var name = table.Spec.Publish ?? table.Spec.Title;
        var resource = await db.Resources.Where(r => r.ProviderId == officer.Organisation && r.Name == name).Select(r => r.Id).SingleAsync(ct);
        if (await db.Mounts.AnyAsync(m => m.ResourceId == resource, ct)) { return; }
        Expect.Done<NoContent>((await MountResource.Handle(resource, new MountResourceRequest(source, business.Schema, table.Spec.Name, "updated_at"), officer, db,
            services.GetRequiredService<CatalogueLookup>(), services.GetRequiredService<DepartmentDatabases>(), services.GetRequiredService<DeliveryReconciler>(), clock, ct)).Result);
    }

    /// <summary>Only what says where and who: everything else is refused there, with reason.</summary>
    private static string ConnectionFor(BusinessDatabase business)
    {
        if (!business.IsPostgres) { return BusinessDatabases.FileName; }
        var all = new NpgsqlConnectionStringBuilder(business.ConnectionString);
        var told = new NpgsqlConnectionStringBuilder { Host = all.Host, Port = all.Port, Database = all.Database, Username = all.Username };
        if (!string.IsNullOrEmpty(all.Password)) { told.Password = all.Password; }
        return told.ConnectionString;
    }
}
