using System.Globalization;
using Microsoft.AspNetCore.Http;
using UpgradeProtocols;

namespace Ocpp;

/// <summary>The operator's requests over ordinary HTTP.</summary>
internal sealed class OperatorApi(ChargePoints chargePoints, Credentials credentials, IClients<IChargePoint> clients)
{
    public IResult List(UpgradeRequest request) => credentials.IsOperator(request)
        ? Results.Json(chargePoints.View(), OcppJson.Default.IReadOnlyListChargePointView)
        : new Unauthorized();

    /// <summary>Asks a charge point to start a transaction, and returns its reply.</summary>
    public async ValueTask<IResult> RemoteStartAsync(UpgradeRequest request, CancellationToken cancellationToken)
    {
        if (!credentials.IsOperator(request))
        {
            return new Unauthorized();
        }

        if (request.Query["chargePoint"].ToString() is not { Length: > 0 } id || request.Query["idTag"].ToString() is not { Length: > 0 and <= 20 } idTag
            || !TryReadConnector(request.Query["connector"], out var connector))
        {
            return Text(400, "Send ?chargePoint=…&idTag=…, and optionally &connector=N with N of 1 or higher.");
        }

        try
        {
            var answer = await clients.User(id).RemoteStartTransactionAsync(new RemoteStartTransaction(idTag, connector), cancellationToken);
            return Results.Json(answer, OcppJson.Default.RemoteStartAnswer);
        }
        catch (ConnectionClosedException)
        {
            return Text(404, "The charge point is not connected.");
        }
        catch (TimeoutException)
        {
            return Text(504, "The charge point did not answer in time.");
        }
        catch (Exception e) when (e is PeerErrorException or PayloadException)
        {
            return Text(502, $"The charge point returned an error: {(e as PeerErrorException)?.Code} {e.Message}");
        }
    }

    private static bool TryReadConnector(string? text, out int? connector)
    {
        connector = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        return text is null || connector > 0;
    }

    private static IResult Text(int statusCode, string text) => Results.Text(text + "\n", statusCode: statusCode);

    /// <summary>A 401 that requests Basic authentication (RFC 7617 §2).</summary>
    private sealed class Unauthorized : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.Headers.WWWAuthenticate = Credentials.Challenge.Value;
            return Text(401, "Send the operator's name and password with HTTP Basic authentication.").ExecuteAsync(httpContext);
        }
    }
}
