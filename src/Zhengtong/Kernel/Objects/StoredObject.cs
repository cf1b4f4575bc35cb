namespace Zhengtong.Kernel.Objects;

/// <summary>An object the store holds, or is about to hold.</summary>
internal sealed class StoredObject
{
    internal required Digest Digest { get; init; }

    /// <summary>Bytes, from 0.</summary>
    internal required long Length { get; init; }

    /// <summary>When it was last put; the grace period starts here.</summary>
    internal required DateTimeOffset TouchedAt { get; set; }
}

/// <summary>Somebody needs an object. Added in the save that needs it, after the put; removed when the owner goes. The database refuses a reference to an object that was collected.</summary>
internal sealed class ObjectReference
{
    internal required Digest Digest { get; init; }

    /// <summary>Who needs it, 1 to 200 characters: module, colon, kind, colon, id, such as <c>exchange:batch:0199...</c>.</summary>
    internal required string Owner { get; init; }

    internal required DateTimeOffset Since { get; init; }
}
