namespace Zhengtong.Exchange.Nodes.Machine;

/// <summary>What the node asks about files.</summary>
internal sealed partial class PlatformLine
{
    /// <summary>Begins to hand a file in, or says how far it has come.</summary>
    internal Task<NodeFileUpload> BeginFileAsync(BeginNodeFileRequest request, CancellationToken ct) => AskAsync<NodeFileUpload>(HttpMethod.Post, "/files", request, ct);

    /// <summary>Hands the next segment in. Safe to repeat.</summary>
    internal Task PutSegmentAsync(Guid file, int index, byte[] segment, CancellationToken ct) => SendSignedAsync(HttpMethod.Put, $"/files/{file:D}/segments/{index}", segment, ct, "application/octet-stream");

    /// <summary>Gives an unfinished file up.</summary>
    internal Task GiveUpFileAsync(Guid file, CancellationToken ct) => SendSignedAsync(HttpMethod.Delete, $"/files/{file:D}", null, ct);

    internal Task<NodeUnpublishedFiles> UnpublishedFilesAsync(int skip, CancellationToken ct) => AskAsync<NodeUnpublishedFiles>(HttpMethod.Get, $"/files/unpublished?skip={skip}", null, ct);

    /// <summary>Gives a file to one recipient. Safe to repeat.</summary>
    internal Task PublishFileAsync(Guid file, PublishNodeFileRequest request, CancellationToken ct) => SendSignedAsync(HttpMethod.Post, $"/files/{file:D}/recipients", Bytes(request), ct);

    internal Task<ForgottenNodeFiles> ForgottenFilesAsync(ForgetNodeFilesRequest request, CancellationToken ct) => AskAsync<ForgottenNodeFiles>(HttpMethod.Post, "/files/forgotten", request, ct);

    internal Task<NodeReceivedFiles> ReceivedFilesAsync(int skip, CancellationToken ct) => AskAsync<NodeReceivedFiles>(HttpMethod.Get, $"/received-files?skip={skip}", null, ct);

    /// <summary>Says what arrived. Safe to repeat.</summary>
    internal Task ConfirmFileAsync(Guid recipient, ConfirmNodeFileRequest request, CancellationToken ct) => SendSignedAsync(HttpMethod.Post, $"/received-files/{recipient:D}/confirmation", Bytes(request), ct);

    /// <summary>Reads an encrypted segment into the buffer, which is as long as it must be; another length does not open.</summary>
    internal async Task FetchSegmentAsync(Guid recipient, int index, Memory<byte> into, CancellationToken ct)
    {
        using var request = Signed(HttpMethod.Get, $"/received-files/{recipient:D}/segments/{index}", null, "", out _);
        using var response = await SendAsync(request, ct);
        await FillAsync(response, into, ct);
    }
}
