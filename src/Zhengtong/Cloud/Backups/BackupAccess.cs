using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Backups;

/// <summary>Whose backups are whose: what is in them is their department's alone, not the operator's or the authority's.</summary>
internal static class BackupAccess
{
    /// <summary>Of which forms there are backups.</summary>
    internal static bool Has(ResourceForm form) => form is ResourceForm.Instance or ResourceForm.Site or ResourceForm.Database;

    /// <summary>A resource of the actor's department of which there may be backups, gone or not; tracked, null when there is none.</summary>
    internal static Task<CloudResource?> FindAsync(ZhengtongDb db, Guid resource, Actor actor, CancellationToken ct) => db.CloudResources.SingleOrDefaultAsync(
        r => r.Id == resource && r.OrganisationId == actor.Organisation && (r.Form == ResourceForm.Instance || r.Form == ResourceForm.Site || r.Form == ResourceForm.Database), ct);

    /// <summary>A backup of the actor's department with its resource; tracked, null when there is none.</summary>
    internal static async Task<(ResourceBackup Backup, CloudResource Resource)?> FindAsync(ZhengtongDb db, Guid resource, Guid backup, Actor actor, CancellationToken ct) =>
        await FindAsync(db, resource, actor, ct) is { } of && await db.ResourceBackups.SingleOrDefaultAsync(b => b.Id == backup && b.ResourceId == resource, ct) is { } found ? (found, of) : null;
}
