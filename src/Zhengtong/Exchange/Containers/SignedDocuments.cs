using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Primitives;
using Zhengtong.Exchange.Evidence;
using Zhengtong.Exchange.Gateway;
using Zhengtong.Kernel.Objects;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Containers;

/// <summary>X-Road's <c>/asic</c> (ug-sigdoc): the signed messages of a query as containers, for the information systems of its two parties. Errors are plain text, as X-Road's are.</summary>
/// <remarks>The signature is made when the container is asked for, by the sealing key of who sent the message, and only over what both sides' seals of that time cover: docs/evidence.md.</remarks>
internal sealed class SignedDocuments(GatewayDirectory directory, CallerCheck callers, TimeProvider clock)
{
    /// <summary>Most calls of one query; who gives many calls one id gets the newest.</summary>
    private const int MostCalls = 100;

    /// <summary>No further call is taken once the containers have so many bytes.</summary>
    private const int MostBytes = 64 * 1024 * 1024;

    private const int RandomLength = 13;
    private const string NotFound = "No signed documents found";
    private const string Unstamped = "Message signature has not been timestamped yet!";

    /// <summary>Answers, in any case.</summary>
    internal async Task AnswerAsync(HttpContext http)
    {
        var query = http.Request.Query;
        if (!HttpMethods.IsGet(http.Request.Method)) { await FailAsync(http, 400, "Must use GET request method"); return; }
        bool Has(string name) => query.ContainsKey(name);
        if (Has("requestOnly") && Has("responseOnly")) { await FailAsync(http, 400, "Parameters \"requestOnly\" and \"responseOnly\" must not be used together"); return; }
        if (Has("unique") && !Has("requestOnly") && !Has("responseOnly")) { await FailAsync(http, 400, "Parameter \"unique\" must be used with \"requestOnly\" or \"responseOnly\""); return; }
        foreach (var name in (ReadOnlySpan<string>)["queryId", "xRoadInstance", "memberClass", "memberCode"])
        {
            if (StringValues.IsNullOrEmpty(query[name])) { await FailAsync(http, 400, $"Parameter \"{name}\" must be specified"); return; }
        }

        var member = query["xRoadInstance"].ToString() == directory.Instance && query["memberClass"].ToString() == GatewayDirectory.MemberClass
            ? await directory.MemberAsync(query["memberCode"].ToString()) : null;
        var subsystem = query["subsystemCode"].ToString() is { Length: > 0 } named ? named : null;
        if (member is null || (await callers.RecogniseAsync(http, member.Id, subsystem)).System is null) { await FailAsync(http, 401, "Client could not be authenticated"); return; }

        var wanted = new Wanted(query["queryId"].ToString(), member.Id, !Has("responseOnly"), !Has("requestOnly"));
        List<Document> documents;
        try { documents = await directory.ReadAsync(scope => MakeAsync(scope, wanted, http.RequestAborted)); }
        catch (TimeStampException) { await FailAsync(http, 500, Unstamped); return; }
        if (documents.Count == 0) { await FailAsync(http, 404, NotFound); return; }
        if (!Has("unique")) { await SendAsync(http, "application/zip", $"{wanted.FileName}{(wanted is { Request: true, Answer: true } ? "" : wanted.Request ? "-request" : "-response")}.zip", Zip(documents)); return; }
        if (documents.Count > 1) { await FailAsync(http, 400, "More than one signed document found"); return; }
        await SendAsync(http, MessageContainer.MediaType, documents[0].Name, documents[0].Bytes);
    }

    private async Task<List<Document>> MakeAsync(IServiceProvider scope, Wanted wanted, CancellationToken ct)
    {
        var db = scope.GetRequiredService<ZhengtongDb>();
        var calls = await db.Calls.AsNoTracking()
            .Where(c => c.MessageId == wanted.QueryId && (c.ConsumerId == wanted.Party || c.ProviderId == wanted.Party) && db.CallGroups.Any(g => g.Id == c.GroupId && g.ProviderSealId != null && g.ConsumerSealId != null))
            .OrderByDescending(c => c.Number).Take(MostCalls).ToListAsync(ct);
        List<Document> documents = [];
        foreach (var call in calls)
        {
            if (documents.Sum(d => (long)d.Bytes.Length) > MostBytes) { break; }
            var content = await GetCallReceipt.OpenAsync(call, wanted.Party, db, scope.GetRequiredService<OrganisationKeys>(), scope.GetRequiredService<ObjectStore>(), ct);
            if (!CallTree.HashLeaf(Suite.Of(call.Suite), Encoding.UTF8.GetBytes(content.Evidence)).AsSpan().SequenceEqual(call.LeafHash) || CallEvidence.Parse(content.Evidence) is not { } evidence)
            {
                throw new InvalidDataException($"What is kept of call {call.Id} is not what was sealed");
            }

            if (wanted.Request) { documents.Add(await SignAsync(scope, call.ConsumerId, call.Suite, Message(content.RequestHead, content.RequestBody, evidence.RequestHeadDigest, evidence.RequestBodyDigest), $"{wanted.FileName}-request", ct)); }
            if (wanted.Answer) { documents.Add(await SignAsync(scope, call.ProviderId, call.Suite, Message(content.ResponseHead, content.ResponseBody, evidence.ResponseHeadDigest, evidence.ResponseBodyDigest), $"{wanted.FileName}-response", ct)); }
        }

        return documents;
    }

    private async Task<Document> SignAsync(IServiceProvider scope, Guid sender, SuiteName suite, SignedMessage message, string name, CancellationToken ct)
    {
        var organisation = await scope.GetRequiredService<ZhengtongDb>().Organisations.AsNoTracking().SingleAsync(o => o.Id == sender, ct);
        var (key, certificate) = await scope.GetRequiredService<MemberCertificates>().CurrentAsync(organisation, Suite.Of(suite), ct);
        using var signer = scope.GetRequiredService<OrganisationKeys>().OpenSigner(key);
        var signature = message.Chain is { } chain
            ? SignatureDocument.Make(suite, signer, certificate, SignatureDocument.ChainResult, Encoding.UTF8.GetBytes(chain.Result), clock.GetUtcNow())
            : SignatureDocument.Make(suite, signer, certificate, SignatureDocument.Message, message.Head.Span, clock.GetUtcNow());
        signature = signature with { Standing = await scope.GetRequiredService<OcspResponder>().AnswerAsync(certificate, ct) };
        var authority = scope.GetRequiredService<TimeStampAuthority>();
        if (authority.IsConfigured) { signature = signature with { Stamp = await authority.StampAsync(SHA512.HashData(signature.Value), HashAlgorithmName.SHA512, ct) }; }
        return new Document($"{name}-{RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", RandomLength)}.asice", MessageContainer.Write(message, signature));
    }

    /// <summary>The message, when it is what the evidence says.</summary>
    private static SignedMessage Message(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte>? body, string headDigest, string? bodyDigest)
    {
        var digest = bodyDigest is null ? null : Convert.FromHexString(bodyDigest);
        return CallEvidence.DigestOf(head.Span) == headDigest && (body is not { } kept || (digest is not null && SHA512.HashData(kept.Span).AsSpan().SequenceEqual(digest)))
            ? new SignedMessage(head, body, digest) : throw new InvalidDataException("What is kept of a call is not what was sealed");
    }

    private static byte[] Zip(List<Document> documents)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true, Encoding.UTF8))
        {
            foreach (var document in documents)
            {
                using var into = zip.CreateEntry(document.Name, CompressionLevel.NoCompression).Open();
                into.Write(document.Bytes);
            }
        }

        return bytes.ToArray();
    }

    internal static async Task SendAsync(HttpContext http, string type, string name, byte[] bytes)
    {
        http.Response.ContentType = type;
        http.Response.ContentLength = bytes.Length;
        http.Response.Headers.ContentDisposition = $"filename=\"{name}\"";
        await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
    }

    private static async Task FailAsync(HttpContext http, int status, string text)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/plain;charset=utf-8";
        await http.Response.WriteAsync(text, http.RequestAborted);
    }

    private sealed record Document(string Name, byte[] Bytes);

    private sealed record Wanted(string QueryId, Guid Party, bool Request, bool Answer)
    {
        /// <summary>An id is the caller's own text; in a file's name no part of it may mean anything.</summary>
        internal string FileName => Uri.EscapeDataString(QueryId);
    }
}
