using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;

namespace Zhengtong.Exchange.Evidence;

/// <summary>What a time stamp says.</summary>
/// <param name="At">When the authority saw the bytes.</param>
/// <param name="Signer">The certificate that signed it.</param>
internal sealed record TimeStamp(DateTimeOffset At, X509Certificate2 Signer)
{
    /// <summary>Subject of the signer.</summary>
    internal string Authority => Signer.Subject;


    /// <summary>Reads a stamp over these bytes; null when it is none, not over them, or not signed as it says. Whether the signer is to be trusted is another question.</summary>
    internal static TimeStamp? Read(byte[] token, ReadOnlySpan<byte> stamped)
    {
        try
        {
            return Rfc3161TimestampToken.TryDecode(token, out var read, out var length) && length == token.Length && read.VerifySignatureForData(stamped, out var signer)
                ? new TimeStamp(read.TokenInfo.Timestamp, signer) : null;
        }
        catch (CryptographicException) { return null; }
    }
}

/// <summary>The authority gave no stamp that can be trusted; asking again may help.</summary>
internal sealed class TimeStampException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>Asks the configured authority for time stamps (RFC 3161 over HTTP), and believes nothing it cannot check: imprint, nonce, signature, and that the signer is the certificate to trust
/// or was issued by it. Imprints are of SHA-2 whatever the suite: authorities outside know no SM3.</summary>
internal sealed class TimeStampAuthority(HttpClient http, IOptions<ExchangeOptions> options)
{
    private const int NonceSize = 16;
    private const string QueryType = "application/timestamp-query";

    internal static void Configure(HttpClient http)
    {
        http.Timeout = TimeSpan.FromSeconds(10);
        http.MaxResponseContentBufferSize = 64 * 1024;
    }

    internal bool IsConfigured => options.Value.TimeStamping.Url is { Length: > 0 };

    internal string Url => options.Value.TimeStamping.Url ?? throw new InvalidOperationException("Exchange:TimeStamping:Url is not set");

    /// <summary>The certificate to trust.</summary>
    /// <exception cref="TimeStampException">The file is not set or cannot be read.</exception>
    internal X509Certificate2 Trusted()
    {
        try { return X509CertificateLoader.LoadCertificateFromFile(options.Value.TimeStamping.Certificate ?? ""); }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException) { throw new TimeStampException("Exchange:TimeStamping:Certificate cannot be read", e); }
    }

    /// <summary>A stamp over the hash, DER.</summary>
    /// <exception cref="TimeStampException">No answer, or none that can be trusted.</exception>
    internal async Task<byte[]> StampAsync(byte[] hash, HashAlgorithmName algorithm, CancellationToken ct)
    {
        using var trusted = Trusted();
        var request = Rfc3161TimestampRequest.CreateFromHash(hash, algorithm, requestSignerCertificates: true, nonce: RandomNumberGenerator.GetBytes(NonceSize));
        var answer = await AskAsync(request, ct);
        try
        {
            var token = request.ProcessResponse(answer, out _);
            if (!token.VerifySignatureForHash(hash, algorithm, out var signer)) { throw new TimeStampException("The stamp's signature does not hold"); }
            if (!IsTrusted(signer, trusted, token.TokenInfo.Timestamp)) { throw new TimeStampException($"The stamp was signed by {signer.Subject}, which the certificate to trust did not issue"); }
            return token.AsSignedCms().Encode();
        }
        catch (CryptographicException e) { throw new TimeStampException("The authority's answer is not a stamp for this request", e); }
    }

    private async Task<byte[]> AskAsync(Rfc3161TimestampRequest request, CancellationToken ct)
    {
        try
        {
            using var query = new HttpRequestMessage(HttpMethod.Post, Url) { Content = new ByteArrayContent(request.Encode()) { Headers = { ContentType = new MediaTypeHeaderValue(QueryType) } } };
            using var answer = await http.SendAsync(query, ct);
            if (!answer.IsSuccessStatusCode) { throw new TimeStampException($"The authority answered {(int)answer.StatusCode}"); }
            return await answer.Content.ReadAsByteArrayAsync(ct);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !ct.IsCancellationRequested) { throw new TimeStampException("The authority cannot be reached", e); }
    }

    /// <summary>True when the certificate to trust is the signer's, or issued it.</summary>
    internal static bool IsTrusted(X509Certificate2 signer, X509Certificate2 trusted, DateTimeOffset at)
    {
        if (signer.RawDataMemory.Span.SequenceEqual(trusted.RawDataMemory.Span)) { return true; }
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(trusted);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = at.UtcDateTime;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        return chain.Build(signer);
    }
}
