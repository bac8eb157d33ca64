-- Asks the gateway about each request. HAProxy 2.6 or newer, with Lua.
local question = "http://127.0.0.1:8080/auth"
local credentials = { "authorization", "dpop", "cookie", "connect-protocol-version", "x-request-id" }
local told = { "subject", "roles", "actor", "scheme", "session", "identity" }

local function first(fields, name)
  local values = fields and fields[name]
  return values and (values[0] or values[1]) or ""
end

local function refuse(txn, status, fields, body)
  local reply = txn:reply({ status = status, body = body })
  for name, values in pairs(fields or {}) do
    if name ~= "connection" and name ~= "content-length" and name ~= "transfer-encoding" and name ~= "date" then
      for _, value in pairs(values) do reply:add_header(name, value) end
    end
  end
  txn:done(reply)
end

core.register_action("sallyport", { "http-req" }, function(txn)
  local fields = txn.http:req_get_headers()
  local asked = {
    ["x-forwarded-method"] = { txn.sf:method() },
    ["x-forwarded-uri"] = { txn.sf:pathq() },
    -- The whole field: of a list, the application could take another one.
    ["x-forwarded-host"] = { txn.sf:req_fhdr("host") },
    ["x-forwarded-for"] = { txn.sf:src() },
    ["x-forwarded-proto"] = { txn.sf:ssl_fc() == 1 and "https" or "http" },
  }
  for _, name in ipairs(credentials) do
    local values = {}
    -- HAProxy counts from 0.
    for _, value in pairs(fields[name] or {}) do values[#values + 1] = value end
    if #values > 0 then asked[name] = values end
  end
  local answer = core.httpclient():get({ url = question, headers = asked, timeout = 5000 })
  if answer.status ~= 200 then
    if answer.status < 400 then return refuse(txn, 503, nil, "") end
    return refuse(txn, answer.status, answer.headers, answer.body)
  end
  -- The application gets what the gateway says of the caller, not what the client says.
  for _, name in ipairs(told) do
    local value = first(answer.headers, "x-sallyport-" .. name)
    if value == "" then
      txn.http:req_del_header("x-sallyport-" .. name)
    else
      txn.http:req_set_header("x-sallyport-" .. name, value)
    end
  end
  local token = first(answer.headers, "sallyport-token")
  if token ~= "" then txn:set_var("txn.sallyport_token", token) end
end)
