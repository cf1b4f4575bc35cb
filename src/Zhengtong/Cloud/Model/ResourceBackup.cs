using Zhengtong.Kernel;
using Zhengtong.Kernel.Objects;

namespace Zhengtong.Cloud.Model;

/// <summary>A backup 备份 of a resource, encrypted, in the object store: of an instance the archive that its engine exports, of a database what pg_dump wrote in its custom format. It outlives its resource by
/// <see cref="KeptAfterRemoval"/>.</summary>
internal sealed class ResourceBackup
{
    internal const int LongestName = 60;

    internal static readonly TimeSpan KeptAfterRemoval = TimeSpan.FromDays(30);

    /// <summary>Id of the task that made it.</summary>
    internal required Guid Id { get; init; }

    internal required Guid ResourceId { get; init; }

    /// <summary>1 to 60 characters, unique within its resource.</summary>
    internal required string Name { get; init; }

    /// <summary>True when the plan asked for it: only those go by themselves while their resource is there.</summary>
    internal required bool IsScheduled { get; init; }

    internal required Digest Digest { get; init; }

    /// <summary>Bytes of the archive before encryption.</summary>
    internal required long Length { get; init; }

    /// <summary>The key of its content, sealed by the vault (<see cref="PurposeOf"/>).</summary>
    internal required byte[] Key { get; init; }

    /// <summary>The data volumes that were in the instance, each an archive of its own; empty for other forms, and where there were none.</summary>
    internal IReadOnlyList<BackupVolume> Volumes { get; init; } = [];

    /// <summary>Bytes of all its archives before encryption.</summary>
    internal long WholeLength => Length + Volumes.Sum(v => v.Length);

    /// <summary>What it was taken from: product and version of the engine, or version of the database server; at most 150 characters, empty when unknown.</summary>
    internal required string Source { get; init; }

    internal required DateTimeOffset At { get; init; }

    /// <summary>When it goes by itself; null for not while its resource is there. The newest that the plan made stays beyond that, until its resource is gone.</summary>
    internal DateTimeOffset? ExpiresAt { get; set; }

    /// <summary>Who needs the object.</summary>
    internal string Owner => $"cloud:backup:{Id}";

    /// <summary>What the seal of its key is bound to.</summary>
    internal static string PurposeOf(Guid backup) => $"cloud-backup:{backup}";
}

/// <summary>The archive of a data volume in a backup.</summary>
/// <param name="Id">What its content and its key are bound to.</param>
/// <param name="Name">The volume's name.</param>
/// <param name="Size">Its size, GiB.</param>
/// <param name="Path">Where it was mounted.</param>
/// <param name="Digest">The object.</param>
/// <param name="Length">Bytes of the archive before encryption.</param>
/// <param name="Key">The key of its content, sealed by the vault (<see cref="ResourceBackup.PurposeOf"/> of its id).</param>
internal sealed record BackupVolume(Guid Id, string Name, int Size, string Path, Digest Digest, long Length, byte[] Key)
{
    /// <summary>The volume as a resource that is made from it keeps it.</summary>
    internal KeptVolume Again => new(Name, Size, Path);
}

/// <summary>That a resource is backed up by itself, every day at an hour, and how long those are kept. Without one it is not.</summary>
internal sealed class BackupPlan
{
    internal const int UsualDays = 7;

    internal required Guid ResourceId { get; init; }

    /// <summary>Hour of the day in China in which it begins, 0 to 23.</summary>
    internal required int Hour { get; set; }

    /// <summary>Days that each is kept, 1 to 365; the newest stays until another is there.</summary>
    internal required int Days { get; set; }

    internal required DateTimeOffset NextAt { get; set; }

    /// <summary>From 1; of two changes at once one acts.</summary>
    internal int Revision { get; private set; } = 1;

    internal void Touch() => Revision++;

    /// <summary>The next time in that hour: resources that share it come a minute apart, by their id, so that they do not all begin at its first second.</summary>
    internal DateTimeOffset After(DateTimeOffset now)
    {
        var at = ChinaTime.StartOf(ChinaTime.DateOf(now)).AddHours(Hour).AddMinutes(ResourceId.ToByteArray()[^1] % 60);
        return at > now ? at : at.AddDays(1);
    }

    /// <summary>For what is backed up without being asked: at night, spread over four hours.</summary>
    internal static BackupPlan Usual(Guid resource, DateTimeOffset now)
    {
        var plan = new BackupPlan { ResourceId = resource, Hour = resource.ToByteArray()[^2] % 4 + 1, Days = UsualDays, NextAt = now };
        plan.NextAt = plan.After(now);
        return plan;
    }
}
